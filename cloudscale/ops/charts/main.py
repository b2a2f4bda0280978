"""The charts that everybody looks at."""

from cloudscale.ops.charts.kinds import Chart, Kind, Line, Series, Source

MAIN: tuple[Chart, ...] = (
    Chart(
        slug="users",
        title="Active users",
        about="distinct visits in the last minutes, robots aside",
        series=(
            Series("active_users", label="5 min", is_filled=True),
            Series("active_users_1m", "dot", "1 min"),
            Series("active_users_15m", "dash", "15 min"),
            Series("virtual_users", "dashdot", "virtual"),
        ),
        lines=(Line("active_users_scale_out", "scale out at {:,}"),),
    ),
    Chart(
        slug="cpu",
        title="CPU utilisation",
        about="percent, mean and each instance",
        series=(Series("cpu_percent", label="mean", is_filled=True),),
        kind=Kind.BY_INSTANCE,
        lines=(
            Line("cpu_scale_out_percent", "scale out at {:g} %"),
            Line("cpu_scale_in_percent", "scale in below {:g} %", "ink-2"),
        ),
        top=100,
    ),
    Chart(
        slug="response",
        title="Response time",
        about="pages, API and page events, merged histograms",
        series=(
            Series("response_p50_ms", "dot", "p50"),
            Series("response_p95_ms", label="p95"),
            Series("response_p99_ms", "dash", "p99"),
        ),
        least_top=20,
    ),
    Chart(
        slug="instances",
        title="Instances",
        about="by state",
        series=(
            Series("instances_in_service", label="in service", is_filled=True),
            Series("instances", "longdash", "server processes"),
            Series("instances_desired", "dash"),
            Series("instances_pending", "dot"),
            Series("instances_terminating", "dashdot"),
        ),
        least_top=2,
        is_stepped=True,
        source=Source.FLEET,
    ),
    Chart(
        slug="latencies",
        title="Latency heatmap",
        about="requests by response time, quick ones at the bottom; the stronger, the more",
        kind=Kind.LATENCIES,
        is_wide=True,
    ),
    Chart(
        slug="requests",
        title="Requests and errors",
        about="a second, whole shop",
        series=(
            Series("requests_per_second", is_filled=True),
            Series("events_per_second", "dash"),
            Series("failures_per_second", "dot"),
        ),
    ),
    Chart(
        slug="orders",
        title="Orders",
        about="committed in the last minute, whole shop",
        series=(
            Series("orders_per_minute", is_filled=True),
            Series("revenue_per_minute", is_words=True),
        ),
        least_top=4,
        is_stepped=True,
    ),
    Chart(
        slug="traffic",
        title="Traffic by instance",
        about="requests a second that each answered",
        series=(Series("requests_per_second", label="in all", is_words=True),),
        kind=Kind.BY_INSTANCE,
    ),
    Chart(
        slug="zones",
        title="Traffic by zone",
        about="requests a second that each answered",
        series=(Series("requests_per_second", label="in all", is_words=True),),
        kind=Kind.BY_ZONE,
    ),
)
