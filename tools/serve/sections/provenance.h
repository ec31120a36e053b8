/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [provenance] of a studio file. */
#pragma once

#include "../keys.h"

typedef struct {
  ServeRecord record;
  char *certificate, *key; /* NULL: nothing is signed */
  char *time_stamp;
  char *provider, *system, *system_version, *content_producer;
} ServeProvenanceSettings;

extern const ServeSection serve_section_provenance;
