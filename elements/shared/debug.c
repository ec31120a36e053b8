/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The library speaks by GLib, since it does not know GStreamer; who debugs a pipeline reads one
 * log. So what it says goes into a category, and where G_MESSAGES_DEBUG asks for it to GLib's place
 * as well. */
#include "debug.h"

GST_DEBUG_CATEGORY (gst_generative_debug);
#define GST_CAT_DEFAULT gst_generative_debug

static void
take_message (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
  GST_DEBUG ("%s", message);
  g_log_default_handler (domain, level, message, data);
}

void
gst_generative_debug_init (void)
{
  GST_DEBUG_CATEGORY_INIT (gst_generative_debug, "generative", 0,
      "the library, and what elements share: files, plans, kernels, devices");
  g_log_set_handler (G_LOG_DOMAIN, G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG, take_message, NULL);
}

char *
gst_generative_describe_options (const GenPlanOptions *options)
{
  static const char *const precisions[] = {
    [GEN_PRECISION_FLOAT32] = "fp32",
    [GEN_PRECISION_TF32] = "tf32",
    [GEN_PRECISION_BFLOAT16] = "bf16",
    [GEN_PRECISION_FLOAT16] = "fp16",
  };
  static const char *const choices[] = {
    [GEN_CHOICE_RULES] = "rules",
    [GEN_CHOICE_REMEMBERED] = "remembered",
    [GEN_CHOICE_MEASURE] = "measured",
  };
  const GenDevice *device = options->device != NULL ? options->device : &gen_device_cpu;

  return g_strdup_printf ("%s, precision %s, kernels %s, %d threads", device->name,
      precisions[options->precision], choices[options->choice],
      options->threads > 0 ? options->threads : gen_cpu_count ());
}
