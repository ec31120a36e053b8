/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a request is a part of, and that traces are told of it. */
#include <gst/gst.h>

#include "../../tools/serve/watch/spans.h"
#include "hook.h"
#include "watching.h"

static void
test_parents (void)
{
#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"
  static const struct {
    const char *text;
    gboolean taken, sampled;
  } cases[] = {
    { "00-" TRACE "-" PARENT "-01", TRUE, TRUE },
    { "00-" TRACE "-" PARENT "-00", TRUE, FALSE },
    { "01-" TRACE "-" PARENT "-01-more", TRUE, TRUE },
    { "00-" TRACE "-" PARENT "-01-more", FALSE },
    { "ff-" TRACE "-" PARENT "-01", FALSE },
    { "00-" TRACE "-" PARENT "-0", FALSE },
    { "00-" TRACE "-" PARENT "-0x", FALSE },
    { "00-0AF7651916CD43DD8448EB211C80319C-" PARENT "-01", FALSE },
    { "00-00000000000000000000000000000000-" PARENT "-01", FALSE },
    { "00-" TRACE "-0000000000000000-01", FALSE },
    { "", FALSE },
    { "-----------------------------------------------------------", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    ServeSpan span;

    serve_span_begin (&span, cases[i].text);
    g_assert_cmpuint (strlen (span.trace), ==, 32);
    g_assert_cmpuint (strlen (span.id), ==, 16);
    g_assert_cmpint (g_str_equal (span.trace, TRACE), ==, cases[i].taken);
    g_assert_cmpstr (span.parent, ==, cases[i].taken ? PARENT : "");
    g_assert_cmpint (span.sampled, ==, !cases[i].taken || cases[i].sampled);
  }
}

/* A request that is part of a trace becomes a span of it. */
static void
test_traces (void)
{
  g_autofree char *url = NULL, *text = NULL;
  g_autoptr (GBytes) body = NULL;
  Serving s;
  Hook hook;

  url = hook_open (&hook, 0);
  text = g_strdup_printf (STUDIO "traces = \"%s\"\n", url);
  start (&s, text);
  body = get (&s, "/v1/mounts", 200, "traceparent", "00-" TRACE "-" PARENT "-01");
  wait_for (is_true, &hook.done);
  g_assert_nonnull (strstr (hook.body, "\"traceId\":\"" TRACE "\""));
  g_assert_nonnull (strstr (hook.body, "\"parentSpanId\":\"" PARENT "\""));
  g_assert_nonnull (strstr (hook.body, "\"name\":\"GET /v1/mounts\""));
  g_assert_nonnull (strstr (
      hook.body, "{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"200\"}}"));
  serving_close (&s);
  hook_close (&hook);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/traces/parents", test_parents);
  g_test_add_func ("/serve/traces/traces", test_traces);
  return g_test_run ();
}
