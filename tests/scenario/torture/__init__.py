# SPDX-License-Identifier: Apache-2.0
"""torture: messages that are odd but right, and messages that are wrong, each with the one thing to do about it.

The cases are those of RFC 4475 (rfc4475.py) and RFC 5118 (rfc5118.py): the idea, name and section are the RFC's, every
message is our own.  case.py tells what a case and a verdict are; stage.py plays them over a transport, in a mode.
"""
from .case import CLOSES, DROPPED, PASSES, Case, closes, sip
from .rfc4475 import RFC4475
from .rfc5118 import RFC5118
from .stage import TRANSPORTS, Stage, messages_of, mirror, untouched, without_our_via

CASES = RFC4475 + RFC5118
