"""The Lambda: settings from the environment, one container, the routes and the handlers.

Lambda and Chalice name handlers by this module: ``app.app`` serves HTTP, ``app.settle_queued_event`` the queue,
``app.reconcile``, ``app.catch_up`` and ``app.recount`` the clock.
"""

from __future__ import annotations

import os

from adapters.container import build_container, warm_up
from adapters.events.queued import make_settle_queued_event
from adapters.events.scheduled import make_catch_up, make_reconcile, make_recount
from adapters.http.api import create_app
from adapters.settings import Settings

settings = Settings.from_environment(os.environ)
container = build_container(settings)
app = create_app(settings, container)

# At most five at once: more would be turned away by the function's reserved concurrency, and each turning away brings
# a message nearer to the dead letters.
_one_event_at_a_time = app.on_sqs_message(queue=settings.queue_name, batch_size=1, maximum_concurrency=5)
settle_queued_event = _one_event_at_a_time(make_settle_queued_event(container))

reconcile = app.schedule(settings.reconcile_rate)(make_reconcile(container))
catch_up = app.schedule("cron(30 4 * * ? *)")(make_catch_up(container))
recount = app.schedule("cron(0 3 * * ? *)")(make_recount(container))

warm_up(os.environ)
