/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures of graphics processors, of a library in the place of NVML (nvml.c). */
#include "process.h"

#define CLOCK "[mounts.clock]\npipeline = \"videotestsrc is-live=true\"\nprotocols = []\n"
#define USED "generative_device_memory_used_bytes{device=\"0\",name=\"Emulated \\\"one\\\"\"} "

static char *
ask_metrics (const Process *p)
{
  return process_ask (p, "GET /metrics HTTP/1.1\r\nHost: $HOST\r\nConnection: close\r\n\r\n");
}

static double
find_used (const Process *p)
{
  g_autofree char *text = ask_metrics (p);
  const char *found = strstr (text, USED);

  g_assert_nonnull (found);
  return g_ascii_strtod (found + strlen (USED), NULL);
}

static void
test_figures (void)
{
  Process p = { 0 };
  g_autofree char *text = NULL;
  double before, after;

  process_open (&p);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\n"
                     "[alerts.full]\nwhen = \"device-memory > 1000\"\n" CLOCK);
  text = ask_metrics (&p);
  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, "generative_device_memory_bytes{device=\"0\","));
  g_assert_nonnull (strstr (text, "} 85899345920\n"));
  g_assert_nonnull (strstr (
      text, "generative_device_busy_ratio{device=\"0\",name=\"Emulated \\\"one\\\"\"} 0.25\n"));
  /* Of one that is lost nothing is known. */
  g_assert_nonnull (strstr (
      text, "generative_device_busy_ratio{device=\"1\",name=\"Emulated \\\"two\\\"\"} NaN\n"));
  before = find_used (&p);
  do {
    g_usleep (10000);
    after = find_used (&p);
  } while (after <= before);
  g_assert_cmpfloat (before, >=, 1073741824.0);
  process_wait_for (&p, "alert full");
  process_close (&p);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/devices/figures", test_figures);
  return g_test_run ();
}
