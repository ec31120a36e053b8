/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "training-events.h"

G_DEFINE_QUARK (gen - training - error - quark, gen_training_error)

char *
gen_training_name_flag (const GenTrainingEvents *events, const char *name)
{
  const char *before = events->callbacks.before_flag, *behind = events->callbacks.behind_flag;

  if (before == NULL && behind == NULL)
    return g_strconcat (name, "=true", NULL);
  return g_strdup_printf (
      "%s%s%s", before != NULL ? before : "", name, behind != NULL ? behind : "");
}

void
gen_training_warn (const GenTrainingEvents *events, GenTrainingError code, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list arguments;

  va_start (arguments, format);
  error = g_error_new_valist (GEN_TRAINING_ERROR, (int)code, format, arguments);
  va_end (arguments);
  if (events->callbacks.warned != NULL)
    events->callbacks.warned (error, events->data);
}

void
gen_training_tell (const GenTrainingEvents *events, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_debug ("%s", text);
  if (events->callbacks.told != NULL)
    events->callbacks.told (text, events->data);
}

void
gen_training_fail (const GenTrainingEvents *events, GenTrainingError code, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list arguments;

  va_start (arguments, format);
  error = g_error_new_valist (GEN_TRAINING_ERROR, (int)code, format, arguments);
  va_end (arguments);
  if (events->callbacks.failed != NULL)
    events->callbacks.failed (error, events->data);
}
