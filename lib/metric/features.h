/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/features.h>

extern const GenFeatures gen_features_hog;
extern const GenFeatures gen_features_pixels;
