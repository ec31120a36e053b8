/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sections of a studio file: a line each. */
#include "configuration.h"
#include "sections/provenance.h"

const ServeSection *const serve_sections[] = {
  &serve_section_server,
  &serve_section_limits,
  &serve_section_batch,
  &serve_section_models,
  &serve_section_mounts,
  &serve_section_alerts,
  &serve_section_publish,
  &serve_section_provenance,
  &serve_section_webrtc,
  NULL,
};
