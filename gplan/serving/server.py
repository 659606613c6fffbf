"""The planner behind HTTP.

    POST /v1/plan       rows in, plans out                         GET /healthz    the process is sound
    GET  /v1/examples   rows to try it with                        GET /readyz     it takes requests now
    GET  /v1/model      what is served                             GET /metrics    for Prometheus
    GET  /              a page to try it, with /docs beside it

A handler reads, checks and tokenises a request, then waits for its jobs (``batcher``) with one eye on the clock and the
other on the client: who leaves or waits too long is taken out of the batch.
"""

import asyncio
import hmac
import time
import uuid
from email.message import Message
from typing import Annotated

from fastapi import Depends, FastAPI, Query
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from data_process.rule_filter import filter_plan
from data_process.schema import Row
from gplan.serving.batcher import Batcher, ClosedError, FullError, PlanJob, PlannerError
from gplan.serving.pages import docs_page, page_files
from gplan.serving.plan_log import PlanLog
from gplan.serving.prometheus import CONTENT_TYPE, Metrics
from gplan.serving.wire import MAX_BODY, ApiError, Options, Planned, PlanRow, Refused, parse_rows

CLIENT_LEFT = 499  # nginx's name for it; nobody reads the answer
CUT_OFF = "cut off"
MAX_QUERY = 1024  # bytes; the two options take some twenty
# What json.loads tells apart by itself.
_CHARSETS = frozenset(("utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be", "utf-32"))


class Service:
    """What the routes share.

    Args:
        name: of the model, as clients see it.
        arm: of the A/B test.
        timeout: seconds from a request's head to its answer.
        max_length: tokens of a prompt and its response.
        max_rows: of a list.
        key: that clients must show, None: none.
        examples: what ``/v1/examples`` answers.
    """

    def __init__(
        self,
        batcher: Batcher,
        metrics: Metrics,
        *,
        name: str,
        arm: str,
        timeout: float,
        max_length: int,
        max_rows: int,
        key: str | None,
        examples: dict,
        plan_log: PlanLog | None,
    ):
        self.batcher, self.metrics = batcher, metrics
        self.max_rows, self.timeout = max_rows, timeout
        self._name, self._arm, self._max_length = name, arm, max_length
        self._key, self._examples, self._plan_log = key, examples, plan_log
        self._parsing = asyncio.Lock()
        self.draining = False

    async def check_key(self, request: Request) -> None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode("latin-1"), self._key.encode()) if self._key else True
        if self._key and not (right and scheme.lower() == "bearer"):
            message = "a key is needed: send the header Authorization: Bearer KEY"
            raise ApiError(401, message, headers={"WWW-Authenticate": "Bearer"})

    async def plan(self, request: Request, options: Annotated[Options, Query()]) -> Response:
        """Plans a row, or each row of a list.

        The plan is the greedy one. Its log-probability is in nats, among all valid plans. With `k`, the k best plans
        are searched for too; now and then the first of them is another.
        """
        arrived = time.monotonic()
        if self.draining:
            raise _unavailable("the server is shutting down", 5, close=True)
        try:
            body = await _read(request, self.timeout)
            if self.batcher.full:
                raise _unavailable("the queue is full", 1)
            # Not on the event loop: a body of a megabyte takes a while, and everybody else would wait for it. And one
            # at a time: json holds the interpreter while it reads, and several would hold it in turn.
            async with self._parsing:
                rows, listed, rewritten = await run_in_threadpool(parse_rows, body, self.max_rows)
            self.metrics.rewritten.inc(rewritten)
            jobs = await run_in_threadpool(self._jobs, rows, listed, options.k, arrived)
            await self._planned(request, jobs, arrived + self.timeout)
        except ClientDisconnect:
            self.metrics.dropped.labels("left").inc()
            return Response(status_code=CLIENT_LEFT)
        except asyncio.TimeoutError:
            self.metrics.dropped.labels("timeout").inc()
            raise ApiError(504, f"no answer within {self.timeout:g} s; ask again, or for less at once") from None
        answers = await run_in_threadpool(lambda: [self._answer(job, options) for job in jobs])
        return JSONResponse(answers if listed else answers[0])

    async def examples(self) -> Response:
        """Rows to try it with, and where they are from."""
        return JSONResponse(self._examples)

    async def model(self) -> Response:
        """What is served."""
        planner = self._planner()
        parameters = sum(weight.numel() for weight in planner.slots.model.parameters())
        return JSONResponse(
            {
                "model": self._name,
                "arm": self._arm,
                "parameters": parameters,
                "cot_mode": planner.mode,
                "prompt_style": planner.encoder.prompt_style,
                "dtype": str(planner.slots.dtype).removeprefix("torch."),
                "device": str(planner.slots.device),
            }
        )

    async def healthz(self) -> Response:
        """200 as long as the process is sound; restart it otherwise."""
        if self.batcher.error:
            raise ApiError(500, "the planner is broken; restart the server and see its log")
        return JSONResponse({"status": "ok"})

    async def readyz(self) -> Response:
        """200 while requests are taken: not before the model is loaded, nor while the server shuts down."""
        if self.draining:
            raise _unavailable("the server is shutting down", 5)
        self._planner()
        return JSONResponse({"status": "ready"})

    async def prometheus(self) -> Response:
        """Figures for Prometheus."""
        return Response(self.metrics.text(), media_type=CONTENT_TYPE)

    def _planner(self):
        if not self.batcher.ready:
            raise _unavailable("the planner is broken" if self.batcher.error else "the model is being loaded", 5)
        return self.batcher.planner

    def _jobs(self, rows: list[Row], listed: bool, k: int, arrived: float) -> list[PlanJob]:
        """Tokenises rows and puts them into the queue."""
        planner = self._planner()
        if k > 1 and planner.mode == "cot_sft":
            raise ApiError(422, "k: 1 at most; a cot_sft checkpoint's free text can't be ranked", field="k")
        jobs = [PlanJob(planner.request(row), k=k, arrived=arrived) for row in rows]
        limit = min(self._max_length - planner.limit, planner.longest_prompt)
        for place, job in enumerate(jobs):
            if job.request.prompt_tokens > limit:
                message = f"{job.request.prompt_tokens:,} tokens, {limit:,} at most; shorten the row's histories"
                raise ApiError(413, f"row {place}: {message}" if listed else message, row=place if listed else None)
        try:
            self.batcher.submit(jobs)
        except FullError:
            raise _unavailable("the queue is full", 1) from None
        except ClosedError:
            raise _unavailable("the planner is broken", 5) from None
        return jobs

    async def _planned(self, request: Request, jobs: list[PlanJob], deadline: float) -> None:
        """Waits for jobs; whatever else happens, those that are not done are given up.

        Raises:
            ClientDisconnect, asyncio.TimeoutError: the client left, the deadline passed.
            ApiError: a pass failed.
        """
        jobs_done = asyncio.gather(*(asyncio.wrap_future(job.future) for job in jobs))
        left = asyncio.ensure_future(_left(request))
        try:
            await asyncio.wait(
                {jobs_done, left}, timeout=deadline - time.monotonic(), return_when=asyncio.FIRST_COMPLETED
            )
            if jobs_done.done():
                jobs_done.result()
            elif left.done():
                raise ClientDisconnect
            else:
                raise asyncio.TimeoutError
        except PlannerError:
            raise ApiError(500, "the planner failed on this batch; ask again, and see the server's log") from None
        finally:
            for waited in (left, jobs_done, *(job.future for job in jobs)):
                waited.cancel()
            await asyncio.gather(left, jobs_done, return_exceptions=True)

    def _answer(self, job: PlanJob, options: Options) -> dict:
        answer = job.request.answer(explain=options.explain)
        now = time.monotonic()
        reply = {
            "request_id": uuid.uuid4().hex,
            "arm": self._arm,
            "plan": answer.plan,
            "valid": filter_plan(answer.plan, has_order=bool(job.request.row["trigger_1"])) is None,
            "log_probability": answer.log_probability,
        }
        if options.explain:
            reply["decisions"] = [decision._asdict() for decision in answer.decisions]
        if options.k > 1:
            reply["alternatives"] = [ranked._asdict() for ranked in job.ranked]
            reply["alternatives_complete"] = job.complete
        reply["timing"] = {
            "queue_ms": _ms(job.admitted - job.arrived),
            "plan_ms": _ms(job.planned - job.admitted),
            "total_ms": _ms(now - job.arrived),
            "forward_passes": answer.forward_passes,
        }
        self.metrics.plans.inc()
        self.metrics.row_passes.inc(answer.forward_passes)
        self.metrics.tokens.labels("prompt").inc(job.request.prompt_tokens)
        self.metrics.tokens.labels("response").inc(len(answer.ids))
        if self._plan_log:
            entry = {name: reply[name] for name in ("request_id", "arm", "plan", "log_probability")}
            timing = {name: reply["timing"][name] for name in ("forward_passes", "total_ms")}
            if not self._plan_log.write(entry | timing):
                self.metrics.unlogged.inc()
        return reply


def create_app(service: Service) -> FastAPI:
    """The routes of a service, and one form for all that goes wrong."""
    app = FastAPI(
        title="GPlan",
        description="Plans of service intents for a map app's homepage requests.\n\n"
        "Errors have one form: 400 no JSON, 401 no key, 408 the body did not arrive, 413 too large, 414 too long a "
        "query, 415 an encoding that is not read, 422 a field can't be used, 500 the server's fault, 503 ask again "
        "after Retry-After seconds, 504 no plan in time.",
        version="1",
        docs_url=None,
        redoc_url=None,
    )
    guarded = [Depends(service.check_key)]
    errors = {status: {"model": Refused} for status in (400, 401, 408, 413, 415, 422, 500, 503, 504)}
    rows = {"anyOf": [_reference("Row"), {"type": "array", "items": _reference("Row"), "maxItems": service.max_rows}]}
    app.post(
        "/v1/plan",
        dependencies=guarded,
        response_model=Planned | list[Planned],
        responses=errors,
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": rows}}}},
    )(service.plan)
    pages = {"/v1/examples": service.examples, "/v1/model": service.model, "/metrics": service.prometheus}
    for path, answer in {**pages, "/healthz": service.healthz, "/readyz": service.readyz}.items():
        asked = {"dependencies": guarded if path in pages else []}
        app.get(path, **asked)(answer)
        app.head(path, **asked, include_in_schema=False)(answer)
    schema = app.openapi()
    schema["components"]["schemas"]["Row"] = PlanRow.model_json_schema()
    app.openapi = lambda: schema
    for path, file in {"/docs": docs_page(schema), **page_files()}.items():
        app.api_route(path, methods=["GET", "HEAD"], include_in_schema=False)(file.answer)

    app.add_exception_handler(ApiError, _refused)
    app.add_exception_handler(RequestValidationError, _wrong_option)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(Exception, _unforeseen)
    app.add_middleware(_Counted, metrics=service.metrics)
    return app


class _Counted:
    """Counts the answers to ``/v1/plan`` and their seconds."""

    def __init__(self, app, metrics: Metrics):
        self._app, self._metrics = app, metrics

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http" or scope["path"] != "/v1/plan":
            await self._app(scope, receive, send)
            return
        if len(scope["query_string"]) > MAX_QUERY:  # thousands of options would be looked at one by one
            refusal = ApiError(414, f"the query is too long; {MAX_QUERY:,} bytes at most")
            await JSONResponse(refusal.content, refusal.status)(scope, receive, send)
            return
        # A request that gets no answer was cut off as the server ended; one that raises gets 500 further out.
        status, began = CUT_OFF, time.monotonic()

        async def counted(message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Exception:
            status = 500
            raise
        finally:
            self._metrics.requests.labels(status).inc()
            self._metrics.seconds.observe(time.monotonic() - began)


async def _read(request: Request, seconds: float) -> bytes:
    """The body, which may neither be larger than ``MAX_BODY`` nor take longer than that to arrive."""

    async def whole() -> bytes:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_BODY:
                raise too_large
        return bytes(body)

    _check_encoding(request)
    too_large = ApiError(413, f"the body is too large; {MAX_BODY:,} bytes at most")
    length = request.headers.get("Content-Length", "0")
    if int(length) > MAX_BODY:  # the protocol has seen to it that it is a number
        raise too_large
    try:
        return await asyncio.wait_for(whole(), seconds)
    except asyncio.TimeoutError:
        raise ApiError(408, f"the body did not arrive within {seconds:g} s", headers={"Connection": "close"}) from None


def _check_encoding(request: Request) -> None:
    """Raises ApiError for a body that would be read as another one than it is."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise ApiError(415, f"Content-Encoding {encoding[:40]!r} is not read; send the JSON as it is")
    message = Message()
    message["Content-Type"] = request.headers.get("Content-Type", "")
    charset = str(message.get_param("charset") or "utf-8").strip().lower()
    if charset not in _CHARSETS:
        raise ApiError(415, f"charset {charset[:40]!r} is not read; send UTF-8")


async def _left(request: Request) -> None:
    """Returns when the client has closed its connection, or at least its sending side."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _unavailable(message: str, seconds: int, *, close: bool = False) -> ApiError:
    headers = {"Retry-After": str(seconds)} | ({"Connection": "close"} if close else {})
    return ApiError(503, f"{message}; ask again in {seconds} s", headers=headers)


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 2)


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


async def _refused(_: Request, error: ApiError) -> Response:
    return JSONResponse(error.content, error.status, error.headers)


async def _wrong_option(request: Request, error: RequestValidationError) -> Response:
    problem = error.errors()[0]
    name = str(problem["loc"][-1])[:40]
    words = f"no such option; there are {' and '.join(Options.model_fields)}"
    message = words if problem["type"] == "extra_forbidden" else problem["msg"]
    return await _refused(request, ApiError(422, f"{name}: {message}", field=name))


async def _no_route(request: Request, error: HTTPException) -> Response:
    known = "; see /docs" if error.status_code in (404, 405) else ""
    return await _refused(request, ApiError(error.status_code, f"{error.detail}{known}", headers=error.headers))


async def _unforeseen(request: Request, _: Exception) -> Response:
    # what it was is in the log: it is raised further
    return await _refused(request, ApiError(500, "an error of the server's; see its log"))
