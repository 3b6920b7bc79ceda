# SPDX-License-Identifier: Apache-2.0
"""play: the harness of the scenario tests.

A scenario is a script of one or several stories.  A story is a function that gets a Play, the stage: it makes servers,
clients and a gateway between them, and says what must come of it.  The stage clears itself away at the end: clients go,
the gateway must end by itself with 0, without a sanitizer's report and without a line of level error.

    #!/usr/bin/python3
    from play import equal, main, request, story

    @story
    def a_request_reaches_a_server_and_its_answer_comes_back(play):
        one = play.server("one")
        play.gateway([one])
        answer = play.client().ask(request("OPTIONS"))
        equal(answer.server, "one", "the server that answered")

    main()

Run one by hand from the build folder: `python3 ../tests/scenario/b01-tcp.py [words of a story's name]`.  LYCHGATE_BUILD
names another build folder, LYCHGATE_TEST_SLOW=4 stretches every bound for a slow machine.  It exits as automake wants:
0 passed, 1 failed, 77 skipped, 99 the harness itself is broken.
"""
from .certificates import Certificates
from .client import Client
from .gateway import Gateway
from .http import HttpClient, HttpServer
from .messages import LYNC, Message, ack_of, in_dialog, lync, new_call_id, request, response
from .server import SipServer
from .story import Play, main, story
from .udp import Flood, UdpClient, UdpServer
from .words import Failure, Skip, eventually, equal, expect, never, slow
