/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/mark-span.h>

#include <generative/report.h>

struct _GenMarkSpans {
  GenMarkSpanFunc tell;
  gpointer data;
  GenMarkSpan span;
  gboolean open;  /* `span` is one */
  gboolean found; /* in the last window */
};

GenMarkSpans *
gen_mark_spans_new (GenMarkSpanFunc tell, gpointer data)
{
  GenMarkSpans *spans = g_new0 (GenMarkSpans, 1);

  spans->tell = tell;
  spans->data = data;
  return spans;
}

void
gen_mark_spans_free (GenMarkSpans *spans)
{
  g_free (spans);
}

void
gen_mark_spans_end (GenMarkSpans *spans)
{
  if (spans->open)
    spans->tell (&spans->span, TRUE, spans->data);
  spans->open = spans->found = FALSE;
}

/* What the surer of two readings says is what is told. */
static void
take (GenMarkSpan *span, const GenMarkSpan *reading)
{
  const GenMarkSpan before = *span;

  if (reading->deviations > span->deviations)
    *span = *reading;
  span->begin = before.begin;
  span->end = MAX (before.end, reading->end);
  span->windows = before.windows + 1;
}

/* A reading, as if it was a span. */
static void
add (GenMarkSpans *spans, gboolean found, const GenMarkSpan *reading)
{
  GenMarkSpan *span = &spans->span;

  if (spans->open && (reading->begin > span->end || reading->begin < span->begin ||
                         (found && reading->bits != span->bits)))
    gen_mark_spans_end (spans);
  spans->found = found;
  if (!found)
    return;
  if (spans->open) {
    take (span, reading);
    return;
  }
  *span = *reading;
  span->windows = 1;
  spans->open = TRUE;
  spans->tell (span, FALSE, spans->data);
}

void
gen_mark_spans_add (GenMarkSpans *spans, const GenPictureMarkReading *reading)
{
  const GenMarkSpan span = { .begin = reading->begin,
    .end = reading->end,
    .bits = reading->bits,
    .payload = reading->payload,
    .deviations = reading->deviations,
    .errors = reading->errors,
    .scale_across = reading->scale_across,
    .scale_down = reading->scale_down,
    .rotation = reading->rotation,
    .left = reading->left,
    .top = reading->top,
    .right = reading->right,
    .bottom = reading->bottom };

  add (spans, reading->found, &span);
}

/* Windows of sounds are long, and begin where the mark does in each: what has begun does not begin
 * anew. */
void
gen_mark_spans_add_sound (GenMarkSpans *spans, const GenSoundMarkReading *reading)
{
  const gboolean goes_on = spans->open && reading->end >= spans->span.begin;
  const GenMarkSpan span = { .begin =
                                 goes_on ? MAX (reading->begin, spans->span.begin) : reading->begin,
    .end = reading->end,
    .bits = reading->bits,
    .payload = reading->payload,
    .deviations = reading->deviations,
    .errors = reading->errors,
    .speed = reading->speed };

  add (spans, reading->found, &span);
}

const GenMarkSpan *
gen_mark_spans_get (const GenMarkSpans *spans)
{
  return spans->open && spans->found ? &spans->span : NULL;
}

JsonObject *
gen_mark_span_to_json (const GenMarkSpan *span)
{
  JsonObject *object = json_object_new ();
  g_autofree char *payload = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", span->bits);
  g_autofree char *model = g_strdup_printf ("%05x", span->payload.model_id);
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (span->payload.time);
  g_autofree char *iso = time != NULL ? g_date_time_format_iso8601 (time) : NULL;

  gen_json_set_number (object, "begin", (double)span->begin / 1e9);
  gen_json_set_number (object, "end", (double)span->end / 1e9);
  json_object_set_string_member (object, "payload", payload);
  json_object_set_int_member (object, "operator", span->payload.operator_id);
  json_object_set_string_member (object, "model", model);
  json_object_set_string_member (object, "time", iso);
  json_object_set_int_member (object, "windows", span->windows);
  gen_json_set_number (object, "deviations", span->deviations);
  gen_json_set_number (object, "errors", span->errors);
  if (span->speed > 0) {
    gen_json_set_number (object, "speed", span->speed);
    return object;
  }
  gen_json_set_number (object, "scale-across", span->scale_across);
  gen_json_set_number (object, "scale-down", span->scale_down);
  gen_json_set_number (object, "rotation", span->rotation);
  gen_json_set_number (object, "left", span->left);
  gen_json_set_number (object, "top", span->top);
  gen_json_set_number (object, "right", span->right);
  gen_json_set_number (object, "bottom", span->bottom);
  return object;
}
