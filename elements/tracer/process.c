/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static guint64
resident_memory (void)
{
  FILE *file = fopen ("/proc/self/statm", "r");
  guint64 whole = 0, resident = 0;

  if (file == NULL)
    return 0;
  if (fscanf (file, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &whole, &resident) != 2)
    resident = 0;
  fclose (file);
  return resident * (guint64)sysconf (_SC_PAGESIZE);
}

static guint64
nanoseconds (const struct timeval *time)
{
  return (guint64)time->tv_sec * GST_SECOND + (guint64)time->tv_usec * GST_USECOND;
}

/* User and system, of all threads. */
static guint64
processor_time (void)
{
  struct rusage usage;

  if (getrusage (RUSAGE_SELF, &usage) != 0)
    return 0;
  return nanoseconds (&usage.ru_utime) + nanoseconds (&usage.ru_stime);
}

void
gst_trace_process_gather (GstTrace *trace)
{
  const guint64 time = processor_time ();

  if (trace->memory == NULL) {
    trace->memory = gen_counters_take (trace->counters, &gst_trace_memory, NULL);
    trace->processor = gen_counters_take (trace->counters, &gst_trace_processor, NULL);
  }
  gen_counter_set (trace->memory, (double)resident_memory ());
  if (time > trace->processor_told)
    gen_counter_add (trace->processor, time - trace->processor_told);
  trace->processor_told = MAX (time, trace->processor_told);
}
