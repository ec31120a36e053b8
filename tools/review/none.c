/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Builds without libsoup: the command says so. */
#include "../command.h"

static int
run (int argc, char **argv)
{
  g_printerr ("%s: this build has no page for reviews: it was made without libsoup 3 "
              "(-Dreview=enabled wants it)\n",
      g_get_prgname ());
  return STATUS_FAILED;
}

const Command command_review = { "review", "FOLDER", "Decide on what is held, in a browser", run };
