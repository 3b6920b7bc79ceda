/* SPDX-License-Identifier: Apache-2.0 */
/* hop_mutate.c is the generator of fuzz_sip_hop's inputs: mostly it begins from a sample, so that no corpus has to be
 * kept. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/hop_stage.h"
#include "tests/unit/sip_samples.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);

static const char *const requests[] = {
	"INVITE sip:b@x.example SIP/2.0\r\nVia: SIP/2.0/UDP h;rport;branch=z9hG4bK1, SIP/2.0/TCP g:1\r\nMax-Forwards: "
	"7\r\n"
	"Route: <sip:192.0.2.2:5060;lr>, <sip:192.0.2.3;lr>\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\n"
	"Call-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 4\r\n\r\nbody",
	"BYE sip:b@x SIP/2.0\r\nv: SIP/2.0/TLS h:5061;branch=z9hG4bK1\r\nRoute: <sip:gw.example;lr>\r\n"
	"route : \"a, b\" <sip:[2001:db8::1]:5060;lr>, <sip:c>\r\nf: <sip:a@x>;tag=1\r\nt: <sip:b@x>;tag=2\r\n"
	"Authorization: Digest username=\"a\", realm=\"b\"\r\ni: 2\r\nCSeq: 2 BYE\r\nl: 0\r\n\r\n",
	"REGISTER sips:x SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nMax-Forwards: 0\r\nFrom: sip:a@x;tag=1\r\nTo: "
	"sip:a@x\r\n"
	"Call-ID: 3\r\nCSeq: 3 REGISTER\r\nRecord-Route: <sip:r;lr>\r\n\r\n",
	"CANCEL sip:b@x.example SIP/2.0\r\nVia: SIP/2.0/UDP h;rport;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\n"
	"To: <sip:b@x>\r\nCall-ID: 1\r\nCSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n",
};

/* What strict routers make of our Record-Route; `lg` is the gateway's without a name. */
static size_t write_strict(char *out, size_t max)
{
	const struct lg_host host = { .digest = fake_digest };
	char id[HOP_ID];
	int n;

	hop_id_write(id, &host, NULL);
	n = snprintf(out, max,
		     "BYE sip:192.0.2.2;lr;lg=%.8s SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n"
		     "Route: <sip:r;lr;lg=%.8s.1>, <sip:c;lr>\r\nRoute: <sip:d>\r\nMax-Forwards: 10\r\n"
		     "From: <sip:a@x>;tag=1\r\nTo: <sip:b@x>;tag=2\r\n"
		     "Call-ID: 1\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
		     id, id);
	return n < 0 || (size_t)n >= max ? 0 : (size_t)n;
}

static size_t put(uint8_t *data, size_t n, size_t max, const char *text)
{
	if (strlen(text) > max - n)
		return n;
	memcpy(data + n, text, strlen(text));
	return n + strlen(text);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
	size_t nrequests = sizeof(requests) / sizeof(*requests), which = seed / 8 % (nrequests + 2);

	if (seed % 4 == 0 || max < HOP_DEAL + 1)
		return LLVMFuzzerMutate(data, n, max);
	for (n = 0; n < HOP_DEAL; n++)
		data[n] = (uint8_t)(seed >> 8 * n ^ seed >> 5);
	if (which < nrequests)
		n = put(data, n, max, requests[which]);
	else if (which == nrequests)
		n += write_strict((char *)data + n, max - n);
	else
		n = put(data, n, max, sip_samples[seed / 64 % SIP_SAMPLES].text);
	if (seed / 4 % 2)
		n = put(data, n, max, requests[seed / 128 % nrequests]);
	n = put(data, n, max, "\xff\xff");
	n = put(data, n, max, sip_samples[seed / 512 % SIP_SAMPLES].text);
	return LLVMFuzzerMutate(data, n, max);
}
