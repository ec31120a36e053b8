/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "../private-api.h"

/**
 * What has been measured on this machine: for each problem, described in a line, the way that was
 * the fastest. It is kept in one file, by default in the user's cache folder, with a section for
 * each machine (processor and what of it is used, versions of the libraries), as a home folder may
 * be shared by several, and for each device that is not the processor.
 *
 * Nothing here fails: a file that is missing, damaged or not to be written means that the machine
 * has to be measured again. Processes that write at the same time keep each other's entries, and an
 * entry that is there is never replaced: a choice once made stays.
 */
typedef struct _GenChoices GenChoices;

/* `path` NULL: generative's own file in the user's cache folder. `device` says all that speed hangs
 * on; NULL: this processor. */
GEN_PRIVATE_API GenChoices *gen_choices_open (const char *path, const char *device);
/* The way remembered for the problem, or NULL. */
GEN_PRIVATE_API const char *gen_choices_find (const GenChoices *choices, const char *problem);
/* Remember `way`; `note` is for people who read the file, and may be NULL. What is not `sure` is
 * found the next time only if it was not sure twice: then it matters little. */
GEN_PRIVATE_API void gen_choices_add (
    GenChoices *choices, const char *problem, const char *way, const char *note, gboolean sure);
/* What is remembered for the problem has turned out to be of no use: what is added next replaces
 * it. */
GEN_PRIVATE_API void gen_choices_forget (GenChoices *choices, const char *problem);
/* Writes what has been added. */
GEN_PRIVATE_API void gen_choices_close (GenChoices *choices);
