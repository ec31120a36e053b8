/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/version.h>

/**
 * GEN_API: what these headers declare so is what the library promises, and all that it exports
 * for others; docs/compatibility.md says what the promise is. What has come since version 0.2 says
 * `Since:` in its comment.
 */
#if defined(__GNUC__)
#define GEN_API __attribute__ ((visibility ("default")))
#else
#define GEN_API
#endif
