/* SPDX-License-Identifier: Apache-2.0 */
/* empty.c: a shared object that is no plugin. */
#include <lychgate/plugin.h>

extern const int lychgate_other;
const int lychgate_other = 1;
