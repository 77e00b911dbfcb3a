"""The entry point of the Lambda functions: the settings, the container, the routes and the handlers.

Lambda finds the handlers by their names in this module: ``app.app`` serves HTTP, ``app.settle_queued_event`` the
queue, ``app.reconcile``, ``app.catch_up``, ``app.recount`` the schedules, and
``app.deliver_messages`` too where messages are on.
"""

from __future__ import annotations

import os
import sys

import adapters.cold_start  # noqa: F401 - first of ours
from adapters.container import build_container, warm_up
from adapters.events.queued import make_settle_queued_event
from adapters.events.scheduled import make_catch_up, make_deliver_messages, make_reconcile, make_recount
from adapters.http.api import create_app
from adapters.settings import Settings

if os.environ.get("AWS_CHALICE_CLI_MODE") and not os.environ.get("APP_COMMIT"):
    # Chalice's commands import this file; only in a build do they find all variables that the functions need.
    sys.exit("Nothing was done. To deploy, type: make deploy STAGE=dev. To start it on this machine: make run.")

settings = Settings.from_environment(os.environ)
container = build_container(settings)
app = create_app(settings, container)

# At most five at once: the function's reserved concurrency would throttle more, and a throttled message counts as
# received, which brings it nearer to the dead-letter queue.
_on_queued_event = app.on_sqs_message(queue=settings.queue_name, batch_size=1, maximum_concurrency=5)
settle_queued_event = _on_queued_event(make_settle_queued_event(container))

reconcile = app.schedule(settings.reconcile_rate)(make_reconcile(container))
catch_up = app.schedule("cron(30 4 * * ? *)")(make_catch_up(container))
recount = app.schedule("cron(0 3 * * ? *)")(make_recount(container))
if settings.channels:  # off, it costs not even a call
    deliver_messages = app.schedule("rate(1 minute)")(make_deliver_messages(container))

warm_up(os.environ)
