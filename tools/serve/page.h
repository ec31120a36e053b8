/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "http.h"

/* Answer GET / and what the page there is made of. */
void serve_page_add (ServeHttp *http);
