"""Form parts: a field with its label, hint and refusal; a group of choices."""

from typing import Any

import reflex as rx


def field(
    label: str,
    name: str,
    *,
    faults: Any,
    fault_key: str | None = None,
    form: str = "field",
    hint: str = "",
    class_name: str = "",
    is_required: bool = True,
    **props: Any,
) -> rx.Component:
    """One labelled input.

    Args:
        label: The visible label, which is also the accessible name.
        name: The name that the form sends; the element's id is derived from it.
        faults: The state's dict of refusals in words.
        form: Sets the ids of two forms on one page apart.
        fault_key: The key of this field's refusal; `name` unless given.
        hint: A line below the label.
        class_name: Classes of the whole field ("full" spans both columns).
        is_required: Whether the browser asks for a value.
        **props: Passed on to the input (type, auto_complete, default_value …).
    """
    fault = faults[fault_key or name]
    has_fault = faults.contains(fault_key or name)
    input_id = f"{form}-{name.replace('_', '-')}"
    return rx.el.div(
        rx.el.label(label, html_for=input_id),
        rx.el.span(hint, id=f"{input_id}-hint", class_name="hint") if hint else rx.fragment(),
        rx.el.input(
            id=input_id,
            name=name,
            required=is_required,
            placeholder="" if is_required else "Optional",
            class_name="input",
            aria_invalid=rx.cond(has_fault, "true", "false"),
            aria_describedby=f"{input_id}-hint {input_id}-fault",
            **props,
        ),
        rx.el.span(
            rx.cond(has_fault, fault, ""),
            id=f"{input_id}-fault",
            class_name="fault",
            aria_live="polite",
        ),
        class_name=f"field {class_name}",
    )


def choice(*content: Any, group: str, value: Any, is_on: Any, on_choose: Any) -> rx.Component:
    """One radio button with its words around it.

    Args:
        *content: The words.
        group: Name of the radio group.
        value: What is chosen with it.
        is_on: Whether it is chosen, as far as the server knows. A click shows at once; when the
            server says otherwise, `csFollow()` has the button say so too.
        on_choose: Event handler that takes the value.
    """
    return rx.el.label(
        rx.el.input(
            type="radio",
            name=group,
            value=value,
            default_checked=is_on,
            custom_attrs={"data-on": is_on},
            on_change=on_choose,
        ),
        *content,
        class_name="choice",
    )


def refusal(message: Any) -> rx.Component:
    """Why a form was not taken, in words; announced at once."""
    return rx.el.div(
        rx.cond(message != "", rx.el.p(message, class_name="notice bad")),
        role="alert",
    )


def address_fields(prefix: str, faults: Any, values: Any = None) -> rx.Component:
    """Street, city, state, ZIP code, country.

    Args:
        prefix: Before each field's name and its browser autocomplete section.
        faults: The state's dict of refusals, keyed by prefixed name.
        values: What the fields hold at first, an object with the same names.
    """
    section = "billing " if prefix == "billing" else "shipping "
    parts = (
        ("Street", "street", "street-address", "full", True),
        ("City", "city", "address-level2", "", True),
        ("State", "state", "address-level1", "", False),
        ("ZIP code", "zip_code", "postal-code", "", True),
        ("Country", "country", "country-name", "", True),
    )
    return rx.el.div(
        *(
            field(
                label,
                f"{prefix}_{name}",
                faults=faults,
                auto_complete=section + token,
                class_name=css,
                is_required=required,
                **({"default_value": getattr(values, name)} if values is not None else {}),
            )
            for label, name, token, css, required in parts
        ),
        class_name="fields",
    )
