/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/optimizer.h>

/* The attributes of the operator Adam, which AdamW has, too. */
void gen_optimizer_configure_adam (GenNode *node, const GenOptimizerSettings *settings);
