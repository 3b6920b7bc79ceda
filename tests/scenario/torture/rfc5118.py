# SPDX-License-Identifier: Apache-2.0
"""rfc5118: the torture tests of SIP with IPv6 addresses, RFC 5118 section 4."""
from .case import PASSES, Case, sip


def six(name, uri="sip:yard.example", via=None, method="OPTIONS", more="", body=b""):
    return sip(f"""\
{method} {uri} SIP/2.0
{via or f"Via: SIP/2.0/UDP [2001:db8:1c::7]:5060;branch=z9hG4bK{name}"}
Max-Forwards: 70
From: "Ann" <sip:ann@[2001:db8:1c::7]>;tag=6a
To: <sip:tomb@yard.example>
Call-ID: {name}@play
CSeq: 76 {method}
Contact: "Ann" <sip:ann@[2001:db8:1c::7]:5060>
{more}Content-Length: LENGTH
""", body)


SDP6 = """\
v=0
o=ann 971731711378798081 0 IN IP6 2001:db8:1c::20
s=-
c=IN IP6 2001:db8:1c::20
t=3338481189 3370017201
m=audio 6000 RTP/AVP 2
a=rtpmap:2 G726-32/8000
"""
BOTH = SDP6 + """\
m=video 6024 RTP/AVP 107
c=IN IP4 192.0.2.20
a=rtpmap:107 H263-1998/90000
"""
TYPE = "Content-Type: application/sdp\n"

RFC5118 = [
    Case("v6ref", "5118 4.1", "an IPv6 reference for a host, everywhere",
         six("v6ref", "sip:[2001:db8:1c::10]", method="REGISTER"),
         PASSES, PASSES),
    Case("v6bare", "5118 4.2", "an IPv6 address without its brackets",
         six("v6bare", "sip:2001:db8:1c::10", method="REGISTER"),
         PASSES, 400),
    Case("v6last", "5118 4.3", "a port inside the brackets, which is no port",
         six("v6last", "sip:[2001:db8:1c::10:5070]"),
         PASSES, PASSES),
    Case("v6port", "5118 4.4", "a port behind the brackets",
         six("v6port", "sip:[2001:db8:1c::10]:5070"), PASSES, PASSES),
    Case("v6received", "5118 4.5", "received with brackets, as the grammar forgot them", six("v6received", via="""\
Via: SIP/2.0/UDP [2001:db8:1c::7]:5060;branch=z9hG4bKv6received
Via: SIP/2.0/UDP [2001:db8:1c::9:1]:5060;received=[2001:db8:1c::9:255];branch=z9hG4bKsecond"""), PASSES, PASSES),
    Case("v6received-bare", "5118 4.5", "received without brackets", six("v6received-bare", via="""\
Via: SIP/2.0/UDP [2001:db8:1c::7]:5060;branch=z9hG4bKv6received-bare
Via: SIP/2.0/UDP [2001:db8:1c::9:1]:5060;received=2001:db8:1c::9:255;branch=z9hG4bKsecond"""), PASSES, PASSES),
    Case("v6received-top", "5118 4.5", "the same in the topmost Via, where a hop writes what it knows better", six(
        "v6received-top",
        via="Via: SIP/2.0/UDP [2001:db8:1c::7]:5060;received=[2001:db8:1c::9:255];branch=z9hG4bKv6received-top"),
        PASSES, PASSES),
    Case("v6sdp", "5118 4.6", "IPv6 in SDP, where there are no brackets",
         six("v6sdp", method="INVITE", more=TYPE, body=SDP6),
         PASSES, PASSES),
    Case("v6v4headers", "5118 4.7", "IPv4 and IPv6 in one message's Vias and Contact",
         six("v6v4headers", method="BYE", via="""\
Via: SIP/2.0/UDP [2001:db8:1c::7]:5060;branch=z9hG4bKv6v4headers
Via: SIP/2.0/TCP 192.0.2.20:5060;branch=z9hG4bK2nd
v: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bK3rd, SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK4th"""),
         PASSES, PASSES),
    Case("v6v4sdp", "5118 4.8", "IPv4 and IPv6 in one SDP",
         six("v6v4sdp", method="INVITE", more=TYPE, body=BOTH), PASSES, PASSES),
    Case("v6mapped", "5118 4.9", "IPv4 inside IPv6, in header and SDP",
         six("v6mapped", "sip:tomb@[::ffff:192.0.2.10]", method="INVITE", via="""\
Via: SIP/2.0/UDP [::ffff:192.0.2.7]:5060;branch=z9hG4bKv6mapped
Via: SIP/2.0/UDP [2001:db8::9:1]:5060;branch=z9hG4bK2nd""", more=TYPE, body=SDP6
        .replace("2001:db8:1c::20", "::ffff:192.0.2.20")),
         PASSES, PASSES),
    Case("v6two-colons", "5118 4.10", "the right form that RFC 3261's grammar forgot",
         six("v6two-colons", "sip:tomb@[2001:db8::192.0.2.1]"),
         PASSES, PASSES),
    Case("v6three-colons", "5118 4.10", "the wrong form that RFC 3261's grammar allows: only who connects to it can "
                                        "judge",
         six("v6three-colons", "sip:tomb@[2001:db8:::192.0.2.1]"), PASSES, PASSES),
]
