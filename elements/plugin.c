/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin: the list of its elements, each in its own file. */
#include <generative/version.h>

#include "shared/debug.h"
#include "tracer/tracer.h"
#include "elements.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  gboolean registered = TRUE;

  gst_generative_debug_init ();

  /* One line an element. */
  registered &= GST_ELEMENT_REGISTER (audioaugment, plugin);
  registered &= GST_ELEMENT_REGISTER (audiomark, plugin);
  registered &= GST_ELEMENT_REGISTER (audiomarkdetect, plugin);
  registered &= GST_ELEMENT_REGISTER (c2pasign, plugin);
  registered &= GST_ELEMENT_REGISTER (classifier, plugin);
  registered &= GST_ELEMENT_REGISTER (contentgate, plugin);
  registered &= GST_ELEMENT_REGISTER (datasetsink, plugin);
  registered &= GST_ELEMENT_REGISTER (datasetsrc, plugin);
  registered &= GST_ELEMENT_REGISTER (discriminator, plugin);
  registered &= GST_ELEMENT_REGISTER (gantrainer, plugin);
  registered &= GST_ELEMENT_REGISTER (generator, plugin);
  registered &= GST_ELEMENT_REGISTER (latentsrc, plugin);
  registered &= GST_ELEMENT_REGISTER (modeltrainer, plugin);
  registered &= GST_ELEMENT_REGISTER (qualitycompare, plugin);
  registered &= GST_ELEMENT_REGISTER (qualitymeter, plugin);
  registered &= GST_ELEMENT_REGISTER (qualityoverlay, plugin);
  registered &= GST_ELEMENT_REGISTER (videoaugment, plugin);
  registered &= GST_ELEMENT_REGISTER (videomark, plugin);
  registered &= GST_ELEMENT_REGISTER (videomarkdetect, plugin);
  registered &= gst_generative_tracer_register (plugin);
  return registered;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, generative,
    "Generative models in media pipelines: data, augmentation, training, generation, scoring and "
    "measuring",
    plugin_init, GEN_VERSION, "LGPL", PACKAGE, PACKAGE_ORIGIN)
