/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mark-key.h"

GenMarkKey *
gst_generative_mark_key_load (GstElement *element, const char *path)
{
  g_autoptr (GError) error = NULL;
  GenMarkKey *key;

  if (path == NULL || *path == '\0') {
    GST_ELEMENT_ERROR (element, RESOURCE, SETTINGS,
        ("Property key: marks take the file of a key, as of (umask 077; head -c 32 /dev/urandom "
         ">mark.key)"),
        (NULL));
    return NULL;
  }
  key = gen_mark_key_load (path, &error);
  if (key == NULL)
    GST_ELEMENT_ERROR (element, RESOURCE, OPEN_READ, ("Property key: %s", error->message), (NULL));
  return key;
}
