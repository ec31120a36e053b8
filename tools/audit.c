/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model audit: whether an audit log is as it was written. */
#include <string.h>

#include <generative/audit-log.h>

#include "command.h"

/* More are counted. */
#define SHOWN 20

typedef struct {
  const char *path;
  guint64 told;
} Telling;

/* GenAuditProblemFunc */
static void
tell (guint64 line, const char *problem, gpointer data)
{
  Telling *telling = data;
  g_autofree char *path = command_escape (telling->path), *escaped = command_escape (problem);

  if (++telling->told > SHOWN)
    return;
  if (line > 0)
    g_print ("%s: line %" G_GUINT64_FORMAT ": %s\n", path, line, escaped);
  else
    g_print ("%s: %s\n", path, escaped);
}

static void
summarise (const char *name, const GenAuditSummary *summary, gboolean knows_keys)
{
  g_autofree char *path = command_escape (name);

  if (summary->problems > SHOWN)
    g_print ("%s: %" G_GUINT64_FORMAT " more problems\n", path, summary->problems - SHOWN);
  g_print ("%s: %" G_GUINT64_FORMAT " records, %s\n", path, summary->records,
      summary->problems == 0 ? "each as it was written" : "NOT as they were written");
  if (summary->signatures == 0)
    g_print ("%s: nothing is signed: whoever can write the file can write another one\n", path);
  else if (summary->signed_until == summary->last)
    g_print ("%s: signed to its end%s\n", path,
        knows_keys ? "" : ", by whomever: --key=FILE says whose signatures count");
  else if (summary->problems > 0)
    g_print ("%s: signed up to record %" G_GUINT64_FORMAT "%s\n", path, summary->signed_until,
        knows_keys ? "" : ". --key=FILE says whose signatures count");
  else
    g_print ("%s: signed up to record %" G_GUINT64_FORMAT "; who can write the file can have "
             "changed the %" G_GUINT64_FORMAT " behind it%s\n",
        path, summary->signed_until, summary->last - summary->signed_until,
        knows_keys ? "" : ". --key=FILE says whose signatures count");
  if (summary->repaired > 0)
    g_print ("%s: %" G_GUINT64_FORMAT " times a writer was stopped within a line\n", path,
        summary->repaired);
  if (summary->incomplete > 0)
    g_print ("%s: %" G_GSIZE_FORMAT " bytes at the end are no line yet: a writer is at it, or was "
             "stopped\n",
        path, summary->incomplete);
  g_print ("head %s\n", summary->head);
}

static int
verify (const char *path, const char *const *keys, const char *head)
{
  Telling telling = { path, 0 };
  GenAuditSummary summary;
  GError *error = NULL;

  if (!gen_audit_verify (path, keys, head, tell, &telling, &summary, &error))
    return command_fail (error);
  summarise (path, &summary, keys != NULL);
  return summary.problems == 0 ? STATUS_FINE : STATUS_FAILED;
}

static int
run (int argc, char **argv)
{
  g_auto (GStrv) keys = NULL;
  g_autofree char *head = NULL;
  const GOptionEntry entries[] = {
    { "key", 'k', 0, G_OPTION_ARG_FILENAME_ARRAY, &keys,
        "A public key (PEM) whose signatures count; may be said several times", "FILE" },
    { "head", 0, 0, G_OPTION_ARG_STRING, &head,
        "A hash that the log is known to have had, as this command prints it", "HASH" },
    { NULL },
  };

  if (!command_parse (&command_audit, entries,
          "\"verify\" is what there is to do. The exit status is 1 where something is not as it "
          "was "
          "written.\ndocs/reviewing.md says what cannot be found.",
          2, 2, &argc, &argv))
    return STATUS_USAGE;
  if (strcmp (argv[1], "verify") != 0) {
    g_printerr ("generative-model audit: \"%s\" is nothing to do; verify is\n", argv[1]);
    return STATUS_USAGE;
  }
  return verify (argv[2], (const char *const *)keys, head);
}

const Command command_audit = { "audit", "verify FILE", "Tell whether an audit log was changed",
  run };
