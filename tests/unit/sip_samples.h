/* SPDX-License-Identifier: Apache-2.0 */
/* sip_samples.h: messages as Lync clients, front ends and plain SIP phones send them, for tests, fuzzer and benchmark.
 */
#ifndef SIP_SAMPLES_H
#define SIP_SAMPLES_H

struct sip_sample {
	const char *name, *text;
};

#define SAMPLE_NEGOTIATE                                                                                               \
	"NEGOTIATE sip:127.0.0.1:5061 SIP/2.0\r\n"                                                                     \
	"Via: SIP/2.0/TLS 10.1.2.3:49152\r\n"                                                                          \
	"CSeq: 1 NEGOTIATE\r\n"                                                                                        \
	"Call-ID: 6f7e0d1c2b3a4958\r\n"                                                                                \
	"From: <sip:10.1.2.3:49152;transport=tls>;tag=1f\r\n"                                                          \
	"To: <sip:127.0.0.1:5061;transport=tls>\r\n"                                                                   \
	"Max-Forwards: 0\r\n"                                                                                          \
	"Compression: LZ77-8K\r\n"                                                                                     \
	"Content-Length: 0\r\n"                                                                                        \
	"\r\n"

#define SAMPLE_LYNC_REGISTER                                                                                           \
	"REGISTER sip:corp.example SIP/2.0\r\n"                                                                        \
	"Via: SIP/2.0/tls 10.1.2.3:49152\r\n"                                                                          \
	"Max-Forwards: 70\r\n"                                                                                         \
	"From: <sip:ann@corp.example>;tag=4c2a7d1e90;epid=8f3b5a6c71\r\n"                                              \
	"To: <sip:ann@corp.example>\r\n"                                                                               \
	"Call-ID: 0b1c2d3e4f5061728394a5b6c7d8e9f0\r\n"                                                                \
	"CSeq: 1 REGISTER\r\n"                                                                                         \
	"Contact: <sip:10.1.2.3:49152;transport=tls;ms-opaque=5d1c0e7a2f>;"                                            \
	"methods=\"INVITE, MESSAGE, INFO, OPTIONS, BYE, CANCEL, NOTIFY, ACK, REFER, BENOTIFY\";proxy=replace;"         \
	"+sip.instance=\"<urn:uuid:7d5c1b2a-3f4e-5a6b-8c9d-0e1f2a3b4c5d>\"\r\n"                                        \
	"User-Agent: UCCAPI/15.0.4420.1017 OC/15.0.4420.1017 (Microsoft Lync)\r\n"                                     \
	"Supported: gruu-10, adhoclist, msrtc-event-categories\r\n"                                                    \
	"Supported: ms-forking\r\n"                                                                                    \
	"Supported: ms-cluster-failover\r\n"                                                                           \
	"Supported: ms-userservices-state-notification\r\n"                                                            \
	"ms-keep-alive: UAC;hop-hop=yes\r\n"                                                                           \
	"Event: registration\r\n"                                                                                      \
	"Proxy-Authorization: TLS-DSK qop=\"auth\", realm=\"SIP Communications Service\", opaque=\"A1B2C3D4\", "       \
	"targetname=\"fe01.corp.example\", crand=\"4f3e2d1c\", cnum=\"1\", "                                           \
	"response=\"0123456789abcdef0123456789\"\r\n"                                                                  \
	"Content-Length: 0\r\n"                                                                                        \
	"\r\n"

#define SAMPLE_SERVICE                                                                                                 \
	"SERVICE sip:ann@corp.example SIP/2.0\r\n"                                                                     \
	"via: SIP/2.0/tls 10.1.2.3:49152\r\n"                                                                          \
	"Max-Forwards: 70\r\n"                                                                                         \
	"From: <sip:ann@corp.example>;tag=9a0b;epid=8f3b5a6c71\r\n"                                                    \
	"To: <sip:ann@corp.example>\r\n"                                                                               \
	"Call-ID: 33445566778899aabbccddeeff001122\r\n"                                                                \
	"CSeq: 1 SERVICE\r\n"                                                                                          \
	"Contact: <sip:ann@corp.example;opaque=user:epid:abcDEF_123;gruu>\r\n"                                         \
	"Proxy-Require: ms-benotify\r\n"                                                                               \
	"Content-Type: application/msrtc-category-publish+xml\r\n"                                                     \
	"Content-Length: 21\r\n"                                                                                       \
	"\r\n"                                                                                                         \
	"<publish>\r\n"                                                                                                \
	"</publish>"

#define SAMPLE_BENOTIFY                                                                                                \
	"BENOTIFY sip:10.1.2.3:49152;transport=tls;ms-opaque=5d1c0e7a2f;ms-received-cid=2A00 SIP/2.0\r\n"              \
	"Via: SIP/2.0/TLS 10.9.8.7:5061;branch=z9hG4bKAB12.CD34;branched=FALSE\r\n"                                    \
	"Authentication-Info: TLS-DSK qop=\"auth\", opaque=\"A1B2C3D4\", srand=\"77AA\", snum=\"12\", "                \
	"rspauth=\"00ff\", targetname=\"fe01.corp.example\", realm=\"SIP Communications Service\", version=4\r\n"      \
	"Max-Forwards: 70\r\n"                                                                                         \
	"To: <sip:ann@corp.example>;tag=77;epid=8f3b5a6c71\r\n"                                                        \
	"Content-Length: 4\r\n"                                                                                        \
	"From: <sip:bob@corp.example>;tag=5500\r\n"                                                                    \
	"Call-ID: aa00bb11cc22\r\n"                                                                                    \
	"CSeq: 4 BENOTIFY\r\n"                                                                                         \
	"Content-Type: text/xml\r\n"                                                                                   \
	"Event: presence\r\n"                                                                                          \
	"subscription-state: active;expires=3600\r\n"                                                                  \
	"\r\n"                                                                                                         \
	"<a/>"

#define SAMPLE_LYNC_200                                                                                                \
	"SIP/2.0 200 OK\r\n"                                                                                           \
	"ms-keep-alive: UAS; tcp=no; hop-hop=yes; end-end=no; timeout=300\r\n"                                         \
	"From: \"Ann\"<sip:ann@corp.example>;tag=4c2a7d1e90;epid=8f3b5a6c71\r\n"                                       \
	"To: <sip:ann@corp.example>;tag=0E5F\r\n"                                                                      \
	"Call-ID: 0b1c2d3e4f5061728394a5b6c7d8e9f0\r\n"                                                                \
	"CSeq: 1 REGISTER\r\n"                                                                                         \
	"Via: SIP/2.0/tls 10.1.2.3:49152;ms-received-port=49152;ms-received-cid=2A00\r\n"                              \
	"Contact: <sip:10.1.2.3:49152;transport=tls;ms-received-cid=2A00>;expires=7200\r\n"                            \
	"Expires: 7200\r\n"                                                                                            \
	"presence-state: register-action=\"added\"\r\n"                                                                \
	"Content-Length: 0\r\n"                                                                                        \
	"\r\n"

#define SAMPLE_INVITE                                                                                                  \
	"INVITE sip:bob@sales.example SIP/2.0\r\n"                                                                     \
	"Via: SIP/2.0/TCP proxy.corp.example:5060;branch=z9hG4bKp1, SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKu1\r\n"         \
	"Via: SIP/2.0/UDP 10.0.0.8;branch=z9hG4bKu0;note=\"a, b\"\r\n"                                                 \
	"Max-Forwards: 69\r\n"                                                                                         \
	"From: \"Ann, of <Corp>\" <sip:ann@Corp.example:5060>;tag=n1\r\n"                                              \
	"To: Bob <sip:b%6Fb@Sales.Example>\r\n"                                                                        \
	"Call-ID: a84b4c76e66710@pc33.corp.example\r\n"                                                                \
	"CSeq: 314159 INVITE\r\n"                                                                                      \
	"Contact: <sip:ann@10.0.0.8>\r\n"                                                                              \
	"Content-Type: application/sdp\r\n"                                                                            \
	"Content-Length: 5\r\n"                                                                                        \
	"\r\n"                                                                                                         \
	"v=0\r\n"

#define SAMPLE_COMPACT                                                                                                 \
	"MESSAGE sip:bob@sales.example SIP/2.0\r\n"                                                                    \
	"v: SIP/2.0/TCP 10.0.0.8;branch=z9hG4bKc\r\n"                                                                  \
	"f: sip:ann@corp.example;tag=c1\r\n"                                                                           \
	"t: sip:bob@sales.example\r\n"                                                                                 \
	"i: Compact@10.0.0.8\r\n"                                                                                      \
	"CSeq: 2 MESSAGE\r\n"                                                                                          \
	"s: tea?\r\n"                                                                                                  \
	"c: text/plain\r\n"                                                                                            \
	"l: 4\r\n"                                                                                                     \
	"\r\n"                                                                                                         \
	"\r\n\r\n"

#define SAMPLE_FOLDED                                                                                                  \
	"OPTIONS sip:bob@sales.example SIP/2.0\r\n"                                                                    \
	"TO :\r\n"                                                                                                     \
	" sip:bob@sales.example   ;   x   = y\r\n"                                                                     \
	"from   : \"Ann \\\"A, <B>;tag=no\\\"\"       <sip:ann@corp.example>\r\n"                                      \
	"  ;\r\n"                                                                                                      \
	"  tag  = f1\r\n"                                                                                              \
	"MaX-fOrWaRdS: 0068\r\n"                                                                                       \
	"Call-ID:\r\n"                                                                                                 \
	"\tfolded.0ha0isndaksdj@10.0.0.1\t\r\n"                                                                        \
	"Content-Length   : 0\r\n"                                                                                     \
	"cseq: 0009\r\n"                                                                                               \
	"  OPTIONS\r\n"                                                                                                \
	"Via  : SIP  /   2.0\r\n"                                                                                      \
	" /TCP\r\n"                                                                                                    \
	"    10.0.0.2;branch = z9hG4bKf2\r\n"                                                                          \
	"Subject:\r\n"                                                                                                 \
	"NewFangled:   newfangled value\r\n"                                                                           \
	"\tcontinued newfangled value\r\n"                                                                             \
	"v:  SIP  / 2.0  / TCP     10.0.0.3   ;\r\n"                                                                   \
	"  branch  =   z9hG4bKf1  ,\r\n"                                                                               \
	" SIP  /    2.0   / UDP  10.0.0.4;branch=z9hG4bKf0\r\n"                                                        \
	"\r\n"

#define SAMPLE_486                                                                                                     \
	"SIP/2.0 486 \r\n"                                                                                             \
	"v:SIP/2.0/TCP 10.0.0.8\r\n"                                                                                   \
	"f:<sip:ann@corp.example>;tag=n1\r\n"                                                                          \
	"t:<sip:bob@sales.example>;tag=n2\r\n"                                                                         \
	"i:a84b4c76e66710@pc33.corp.example\r\n"                                                                       \
	"CSeq:314159 INVITE\r\n"                                                                                       \
	"\r\n"

static const struct sip_sample sip_samples[] = {
	{ "NEGOTIATE", SAMPLE_NEGOTIATE },
	{ "Lync REGISTER", SAMPLE_LYNC_REGISTER },
	{ "SERVICE", SAMPLE_SERVICE },
	{ "BENOTIFY", SAMPLE_BENOTIFY },
	{ "Lync 200", SAMPLE_LYNC_200 },
	{ "INVITE", SAMPLE_INVITE },
	{ "compact", SAMPLE_COMPACT },
	{ "folded", SAMPLE_FOLDED },
	{ "486", SAMPLE_486 },
};

#define SIP_SAMPLES (sizeof(sip_samples) / sizeof(sip_samples[0]))

#endif
