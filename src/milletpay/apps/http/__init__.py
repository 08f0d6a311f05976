"""What serves HTTP for every program of ours: a table of routes and a kernel on bare ASGI.

A `Route` says what is asked, by whom, and what may be answered. From the same row a request is decoded, an
answer is encoded, the OpenAPI document is written, and the tests take what they must hold. A handler is an
edge: it translates in, makes one domain call, translates out.

What holds:

* Every response has `Request-Id`; every refusal is a problem of RFC 9457 with a code out of one table.
* A request is refused before anything happens: unknown path, method, version, credential, rate, then its
  parameters and its body, in this order.
* What a handler raises and nobody expected is logged under the request's id and answered as `defect`;
  nothing of what is inside is told.
"""
