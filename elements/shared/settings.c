/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Properties that are read when an element starts, and what becomes of them later. */
#include "settings.h"

gboolean
gst_generative_can_set (gpointer element, const GParamSpec *property)
{
  gboolean started;

  if (!(property->flags & GST_PARAM_MUTABLE_READY))
    return TRUE;
  GST_OBJECT_LOCK (element);
  started = GST_STATE (element) > GST_STATE_READY || GST_STATE_NEXT (element) > GST_STATE_READY;
  GST_OBJECT_UNLOCK (element);
  if (started)
    GST_ELEMENT_WARNING (GST_ELEMENT (element), LIBRARY, SETTINGS,
        ("Property %s is read when the element starts, so it stays as it is: set it while the "
         "pipeline is stopped",
            property->name),
        (NULL));
  return !started;
}
