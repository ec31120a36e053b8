/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report-file.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

typedef struct {
  GstElement *asks;
  GStatBuf file;
} Claim;

/* GCompareFunc: 0 for another element whose report is the very file. */
static int
compare_report (gconstpointer item, gconstpointer data)
{
  gpointer element = g_value_get_object (item);
  const Claim *claim = data;
  const GParamSpec *property =
      g_object_class_find_property (G_OBJECT_GET_CLASS (element), "report");
  g_autofree char *report = NULL;
  GStatBuf file;

  if (element == claim->asks || property == NULL || property->value_type != G_TYPE_STRING)
    return 1;
  g_object_get (element, "report", &report, NULL);
  return report == NULL || g_stat (report, &file) < 0 || file.st_dev != claim->file.st_dev ||
         file.st_ino != claim->file.st_ino;
}

/* Who writes to the report in this element's pipeline, or NULL. (transfer full) */
static GstElement *
find_writer (GstElement *element, const char *report)
{
  g_autoptr (GstObject) top = gst_object_ref (GST_OBJECT (element));
  g_autoptr (GstIterator) elements = NULL;
  Claim claim = { .asks = element };
  GValue found = G_VALUE_INIT;
  GstElement *writer = NULL;
  GstObject *parent;

  while ((parent = gst_object_get_parent (top)) != NULL) {
    gst_object_unref (top);
    top = parent;
  }
  if (!GST_IS_BIN (top) || g_stat (report, &claim.file) < 0)
    return NULL;
  elements = gst_bin_iterate_recurse (GST_BIN (top));
  if (gst_iterator_find_custom (elements, compare_report, &found, &claim)) {
    writer = g_value_dup_object (&found);
    g_value_unset (&found);
  }
  return writer;
}

void
gst_generative_report_post_open_error (GstElement *element, const char *report, const GError *error)
{
  g_autoptr (GstElement) writer = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY))
    writer = find_writer (element, report);
  if (writer != NULL)
    GST_ELEMENT_ERROR (element, RESOURCE, BUSY,
        ("Property report: the file %s is the report of %s already, and two in one file would "
         "lose each other's lines: give each element a file of its own",
            report, GST_OBJECT_NAME (writer)),
        (NULL));
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY))
    GST_ELEMENT_ERROR (element, RESOURCE, BUSY, ("Property report: %s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (
        element, RESOURCE, OPEN_WRITE, ("Property report: %s", error->message), (NULL));
}

void
gst_generative_report_post_write_error (GstElement *element, const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
    GST_ELEMENT_ERROR (
        element, RESOURCE, NO_SPACE_LEFT, ("Property report: %s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (element, RESOURCE, WRITE, ("Property report: %s", error->message), (NULL));
}
