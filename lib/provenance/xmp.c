/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A packet is text, and RDF lets any number of descriptions of the same thing follow each other: so
 * what is to be said goes into one of its own behind those that are there, and nothing that others
 * wrote is read or written again. What they say already is known by its name.
 *
 *   IPTC Photo Metadata Standard 2025.1: Iptc4xmpExt:DigitalSourceType, AISystemUsed,
 *     AISystemVersionUsed, AIPromptInformation
 *   SB 942 (California Business and Professions Code 22757.3 (b)): the provider's name
 *     (dc:publisher), the system's name and version (AISystemUsed, AISystemVersionUsed), time and
 *     date (xmp:CreateDate), a unique identifier (dc:identifier); it names no fields
 *   GB 45438-2025, and TC260-PG-20258A for the place: TC260:AIGC, an object of JSON */
#include "xmp.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include <generative/encoding.h>
#include <generative/version.h>

#define SOFTWARE "gst-generative"
#define HEAD                                                                                       \
  "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"                           \
  "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"                                                       \
  "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
#define RDF_END "</rdf:RDF>"
#define TAIL RDF_END "\n</x:xmpmeta>\n<?xpacket end=\"w\"?>"
#define DESCRIPTION                                                                                \
  "<rdf:Description rdf:about=\"\"\n"                                                              \
  " xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\"\n"                           \
  " xmlns:TC260=\"http://www.tc260.org.cn/ns/AIGC/1.0/\"\n"                                        \
  " xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n"                                               \
  " xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\">\n"

/* What is being put together. */
typedef struct {
  const char *before; /* NULL: nothing stood there */
  GString *said;
} Packet;

static gboolean
is_said (const Packet *packet, const char *name)
{
  return packet->before != NULL && strstr (packet->before, name) != NULL;
}

/* Without what XML has no way to write (XML 1.0, 2.2): control characters other than tab, newline
 * and return, and U+FFFE and U+FFFF. (transfer full) */
static char *
clean (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *kept = g_string_new (NULL);

  for (const char *c = valid; *c != '\0'; c = g_utf8_next_char (c)) {
    const gunichar character = g_utf8_get_char (c);

    if ((character >= 0x20 || strchr ("\t\n\r", (int)character) != NULL) &&
        (character & ~1u) != 0xfffe)
      g_string_append_unichar (kept, character);
  }
  return g_string_free (kept, FALSE);
}

/* Nothing where there is no text, or the packet says it already. `list` is RDF's kind of list that
 * the property is, or NULL. */
static void
say (Packet *packet, const char *name, const char *text, const char *list)
{
  g_autofree char *cleaned = NULL, *escaped = NULL;

  if (text == NULL || is_said (packet, name))
    return;
  cleaned = clean (text);
  escaped = g_markup_escape_text (cleaned, -1);
  if (list == NULL)
    g_string_append_printf (packet->said, "<%s>%s</%s>\n", name, escaped, name);
  else
    g_string_append_printf (packet->said, "<%s><rdf:%s><rdf:li>%s</rdf:li></rdf:%s></%s>\n", name,
        list, escaped, list, name);
}

/* The implicit label of GB 45438-2025. (transfer full) */
static char *
make_aigc (const GenProvenanceDisclosure *disclosure, const char *identifier)
{
  const gboolean propagated = disclosure->content_propagator != NULL;
  const struct {
    const char *name, *value;
  } fields[] = { { "Label", "1" }, { "ContentProducer", disclosure->content_producer },
    { "ProduceID", identifier }, { "ReservedCode1", "" },
    { "ContentPropagator", propagated ? disclosure->content_propagator : "" },
    { "PropagateID", propagated ? identifier : "" }, { "ReservedCode2", "" } };
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    json_object_set_string_member (object, fields[i].name, fields[i].value);
  json_node_take_object (node, object);
  return json_to_string (node, FALSE);
}

static void
say_all (Packet *packet, const GenProvenanceClaim *claim, gboolean edited)
{
  const GenProvenanceDisclosure *disclosure = claim->disclosure;
  const char *usual = edited ? "compositeWithTrainedAlgorithmicMedia" : "trainedAlgorithmicMedia";
  const gboolean ours = disclosure->system == NULL;
  const char *version = ours ? GEN_VERSION : disclosure->system_version;
  const char *system = ours ? SOFTWARE : disclosure->system;
  g_autofree char *address =
      gen_digital_source_type_address (claim->source_type != NULL ? claim->source_type : usual);
  g_autofree char *tool =
      version != NULL ? g_strdup_printf ("%s %s", system, version) : g_strdup (system);
  g_autofree char *uuid = g_uuid_string_random (), *fresh = g_strconcat ("urn:uuid:", uuid, NULL);
  const char *identifier = disclosure->identifier != NULL ? disclosure->identifier : fresh;
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format (now, "%Y-%m-%dT%H:%M:%SZ"), *aigc = NULL;

  if (disclosure->content_producer != NULL)
    aigc = make_aigc (disclosure, identifier);
  say (packet, "Iptc4xmpExt:DigitalSourceType", address, NULL);
  say (packet, "Iptc4xmpExt:AISystemUsed", system, NULL);
  say (packet, "Iptc4xmpExt:AISystemVersionUsed", version, NULL);
  say (packet, "Iptc4xmpExt:AIPromptInformation", claim->prompt, NULL);
  say (packet, "xmp:CreatorTool", tool, NULL);
  say (packet, "xmp:CreateDate", time, NULL);
  say (packet, "dc:publisher", disclosure->provider, "Bag");
  say (packet, "dc:identifier", identifier, NULL);
  say (packet, "TC260:AIGC", aigc, NULL);
}

char *
gen_xmp_packet (const GenProvenanceClaim *claim, gboolean edited, const char *before)
{
  const char *end = before != NULL ? g_strrstr (before, RDF_END) : NULL;
  g_autoptr (GString) said = g_string_new (NULL);
  /* What is no packet of RDF under its usual name is replaced. */
  Packet packet = { end != NULL ? before : NULL, said };

  say_all (&packet, claim, edited);
  if (end == NULL)
    return g_strconcat (HEAD DESCRIPTION, said->str, "</rdf:Description>\n" TAIL, NULL);
  if (said->len == 0)
    return g_strdup (before);
  g_string_prepend (said, DESCRIPTION);
  g_string_prepend_len (said, before, end - before);
  g_string_append (said, "</rdf:Description>\n");
  g_string_append (said, end);
  return g_strdup (said->str);
}

void
gen_xmp_use_padding (char *packet, gsize most)
{
  const gsize length = strlen (packet);
  char *end = g_strrstr (packet, "<?xpacket end"), *padding;
  gsize n;

  if (length <= most)
    return;
  if (end == NULL)
    end = packet + length;
  for (padding = end; padding > packet && g_ascii_isspace (padding[-1]);)
    padding--;
  n = MIN (length - most, (gsize)(end - padding));
  memmove (padding, padding + n, length + 1 - n - (gsize)(padding - packet));
}
