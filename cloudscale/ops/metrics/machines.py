"""The machines and processes, and their database. Declarations only."""

from cloudscale.ops.metrics.metric import Metric

MACHINES = (
    Metric(
        slug="cpu_percent",
        label="CPU, fleet mean",
        unit="%",
        colour="s2",
        decimals=0,
        brief="mean of all machines",
        meaning="Share of all cores of a machine that was busy, whichever program used it, as the "
        "mean over all machines that serve the shop; one with several server processes counts "
        "once. Read from the kernel's counters.",
    ),
    Metric(
        slug="memory_percent",
        label="Memory, fleet mean",
        unit="%",
        colour="s3",
        decimals=0,
        brief="mean of all machines",
        meaning="Share of a machine's memory that is in use and cannot be had without swapping, "
        "as the mean over all machines.",
    ),
    Metric(
        slug="sockets",
        label="Open pages",
        unit="",
        colour="s1",
        decimals=0,
        brief="websockets, whole shop",
        meaning="Websockets that are open: pages of shoppers, and programs that follow the "
        "metrics.",
    ),
    Metric(
        slug="loop_lag_ms",
        label="Event loop lag",
        unit="ms",
        colour="s6",
        decimals=0,
        brief="longest wait",
        meaning="The longest that an event loop of the fleet let a timer wait past its time.",
    ),
    Metric(
        slug="threads",
        label="Threads",
        unit="",
        colour="s3",
        decimals=0,
        brief="whole fleet",
        meaning="Threads of Python in all server processes.",
    ),
    Metric(
        slug="process_memory_mb",
        label="Process memory",
        unit="MB",
        colour="s5",
        decimals=0,
        brief="held by all server processes",
        meaning="Memory that the server processes hold (resident sets, summed).",
    ),
    Metric(
        slug="pool_in_use",
        label="Connections in use",
        unit="",
        colour="s4",
        decimals=0,
        brief="to the database, whole fleet",
        meaning="Database connections that were in use when it was looked.",
    ),
    Metric(
        slug="queries_per_second",
        label="Statements",
        unit="/ s",
        colour="s1",
        decimals=1,
        brief="SQL, whole fleet",
        meaning="SQL statements that were run, a second.",
    ),
    Metric(
        slug="query_p95_ms",
        label="Statement p95",
        unit="ms",
        colour="s4",
        decimals=1,
        brief="19 of 20 are quicker",
        meaning="19 of 20 SQL statements of the last minute took this time or less, the way to the "
        "database and back included. Within 2.2 %.",
    ),
    Metric(
        slug="query_errors_per_minute",
        label="Failed statements",
        unit="/ min",
        colour="s6",
        decimals=0,
        brief="refused by the database",
        meaning="SQL statements of the last minute that the database refused or did not answer.",
    ),
)
