/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What generative-model c2pa does, by its second word. */
#pragma once

#include "command.h"

extern const Command c2pa_sign;
extern const Command c2pa_read;
extern const Command c2pa_demonstration_key;
