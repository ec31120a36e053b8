/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long whoever guesses has to wait. Times are microseconds of a clock that only goes on. */
#pragma once

#include <glib.h>

#include "../private-api.h"

typedef struct _GenAttempts GenAttempts;

GEN_PRIVATE_API GenAttempts *gen_attempts_new (void);
GEN_PRIVATE_API void gen_attempts_free (GenAttempts *attempts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenAttempts, gen_attempts_free)

/* The seconds until a guess of `address` counts; 0: now. */
GEN_PRIVATE_API int gen_attempts_wait (GenAttempts *attempts, const char *address, gint64 now);
/* It has guessed wrong. A few such cost nothing; then each makes it wait twice as long. */
GEN_PRIVATE_API void gen_attempts_fail (GenAttempts *attempts, const char *address, gint64 now);
/* It knew. */
GEN_PRIVATE_API void gen_attempts_clear (GenAttempts *attempts, const char *address);
