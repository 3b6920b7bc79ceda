/* SPDX-License-Identifier: Apache-2.0 */
/* hop_record.h: the lines by which later requests come through the gateway again (RFC 3261 section 16.6, RFC 3327). */
#ifndef PLUGIN_SIP_HOP_RECORD_H
#define PLUGIN_SIP_HOP_RECORD_H

#include "hop_forward.h"

/* May this request begin a dialog? */
bool hop_record_forms_dialog(const char *p, const struct sip_head *h);

/* Does it begin one in which the gateway is to stay, or register a contact that is behind it? */
bool hop_record_wanted(const struct hop_job *job);

/* Puts Record-Route, or Path, to the lines. */
void hop_record(struct hop_out *o, const struct hop_job *job);

#endif
