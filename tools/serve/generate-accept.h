/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As what a request is answered: by what it says, else by its header Accept (RFC 9110, 12.5.1). */
#pragma once

#include "generate-answer.h"

/* Choose, and set the format of `request` where it has none. `accept` may be NULL: anything. NULL
 * with `error` where there is nothing that is accepted. */
const ServeAnswerKind *serve_accept_choose (
    GenServeRequest *request, const GenServeField *fields, const char *accept, GError **error);
