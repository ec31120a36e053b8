/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties that are texts: a line each. */
#include "texts.h"

typedef struct {
  const char *name, *nick, *blurb;
  gsize at; /* in GstC2paTexts */
} Text;

#define AT(field) G_STRUCT_OFFSET (GstC2paTexts, field)

static const Text texts[] = {
  { "key", "Key",
      "File of the private key (PEM, without a password), which nobody but its owner may read: a "
      "curve P-256, P-384 or P-521, Ed25519, or RSA of 2048 bits and more (unset: an error, unless "
      "nothing is signed)",
      AT (key) },
  { "certificate", "Certificate",
      "File of the key's certificate (PEM), and behind it those between it and its authority's "
      "(unset: an error, unless nothing is signed)",
      AT (certificate) },
  { "source-type", "Source type",
      "Where it comes from, as a code or address of the IPTC's digital source types (unset: "
      "trainedAlgorithmicMedia of what was created, compositeWithTrainedAlgorithmicMedia of what "
      "was edited)",
      AT (source_type) },
  { "title", "Title", "What it is called (unset: nothing)", AT (title) },
  { "model", "Model",
      "Which model made it: a name, or a file, whose hash is then claimed as well (unset: nothing "
      "is said)",
      AT (model) },
  { "card", "Card",
      "File of the model's card, as generative-model card writes it, whose hash is claimed (unset: "
      "nothing is said)",
      AT (card) },
  { "card-address", "Card address",
      "Where that card can be had, as https://example.org/card.md, for those who read the claim "
      "(unset: the claim has its hash alone)",
      AT (card_address) },
  { "prompt", "Prompt", "What the model was asked for (unset: nothing is said)", AT (prompt) },
  { "seed", "Seed", "What the model began with (unset: nothing is said)", AT (seed) },
  { "watermark", "Watermark",
      "Algorithm of a watermark that is in it, by which it is found again when it has lost its "
      "manifest, as in the C2PA's list of soft bindings (unset: there is none)",
      AT (watermark) },
  { "watermark-value", "Watermark value", "What that watermark says (unset: nothing is said)",
      AT (watermark_value) },
  { "provider", "Provider", "Who offers the system that made it, in XMP (unset: it is not said)",
      AT (provider) },
  { "system", "System",
      "Name of the system that made it, in XMP (unset: gst-generative, and its version)",
      AT (system) },
  { "system-version", "System version", "Its version, in XMP (unset: it is not said)",
      AT (system_version) },
  { "identifier", "Identifier",
      "What this work is known by, in XMP (unset: a new UUID for each file)", AT (identifier) },
  { "content-producer", "Content producer",
      "Name or code of who made it, for the implicit label of GB 45438-2025 in XMP (unset: there "
      "is no such label)",
      AT (content_producer) },
  { "content-propagator", "Content propagator",
      "Name or code of who spreads it, in that label (unset: nobody is named)",
      AT (content_propagator) },
  { "time-stamp", "Time stamp",
      "Command that asks a time stamp authority (RFC 3161) for each signature, of a live "
      "stream for those of initialization segments alone, so that it is believed when the "
      "certificate has expired: it gets the request on its standard input and puts the answer on "
      "its standard output, as curl does (unset: nobody is asked)",
      AT (time_stamp) },
};

static char **
text_of (GstC2paTexts *these, guint i)
{
  return i < G_N_ELEMENTS (texts) ? G_STRUCT_MEMBER_P (these, texts[i].at) : NULL;
}

void
gst_c2pa_texts_install (GObjectClass *klass, guint first)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_object_class_install_property (klass, first + i,
        g_param_spec_string (texts[i].name, texts[i].nick, texts[i].blurb, NULL,
            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
}

gboolean
gst_c2pa_texts_set (GstC2paTexts *these, guint number, const GValue *value)
{
  char **text = text_of (these, number);

  if (text == NULL)
    return FALSE;
  g_free (*text);
  *text = g_value_dup_string (value);
  return TRUE;
}

gboolean
gst_c2pa_texts_get (GstC2paTexts *these, guint number, GValue *value)
{
  char **text = text_of (these, number);

  if (text != NULL)
    g_value_set_string (value, *text);
  return text != NULL;
}

void
gst_c2pa_texts_copy (GstC2paTexts *from, GstC2paTexts *to)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    *text_of (to, i) = g_strdup (*text_of (from, i));
}

void
gst_c2pa_texts_clear (GstC2paTexts *these)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_clear_pointer (text_of (these, i), g_free);
}
