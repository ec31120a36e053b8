/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-facts.h"

static void
free_parameter (gpointer data)
{
  GenServeParameter *parameter = data;

  g_free (parameter->name);
  g_free (parameter->values);
  g_free (parameter);
}

GenServeFacts *
gen_serve_facts_new (const char *name)
{
  GenServeFacts *facts = g_atomic_rc_box_new0 (GenServeFacts);

  facts->name = g_strdup (name);
  facts->makes = &gen_medium_vector;
  facts->parameters = g_ptr_array_new_with_free_func (free_parameter);
  return facts;
}

GenServeFacts *
gen_serve_facts_ref (const GenServeFacts *facts)
{
  return g_atomic_rc_box_acquire ((GenServeFacts *)facts);
}

static void
clear (gpointer data)
{
  GenServeFacts *facts = data;

  g_free (facts->name);
  g_free (facts->description);
  g_free ((gpointer)facts->formats);
  g_strfreev (facts->class_names);
  g_free (facts->text_pattern);
  g_free (facts->speaker_parameter);
  g_free (facts->length_parameter);
  g_ptr_array_unref (facts->parameters);
}

void
gen_serve_facts_unref (GenServeFacts *facts)
{
  g_atomic_rc_box_release_full (facts, clear);
}

void
gen_serve_facts_add_parameter (
    GenServeFacts *facts, const char *name, const double *values, guint n)
{
  GenServeParameter *parameter = g_new0 (GenServeParameter, 1);

  parameter->name = g_strdup (name);
  parameter->values = g_memdup2 (values, n * sizeof *values);
  parameter->n = n;
  g_ptr_array_add (facts->parameters, parameter);
}

const GenServeParameter *
gen_serve_facts_find_parameter (const GenServeFacts *facts, const char *name)
{
  for (guint i = 0; i < facts->parameters->len; i++) {
    const GenServeParameter *parameter = facts->parameters->pdata[i];

    if (g_strcmp0 (parameter->name, name) == 0)
      return parameter;
  }
  return NULL;
}

const GenServeFormat *
gen_serve_facts_find_film (const GenServeFacts *facts)
{
  for (guint i = 0; facts->formats != NULL && facts->formats[i] != NULL; i++)
    if (facts->formats[i]->is_film)
      return facts->formats[i];
  return NULL;
}

gboolean
gen_serve_facts_has_class (const GenServeFacts *facts)
{
  return facts->second_kind != GEN_SERVE_SECOND_NONE;
}
