/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/metric.h>

extern const GenMetric gen_metric_audio_video_offset;
extern const GenMetric gen_metric_banding;
extern const GenMetric gen_metric_black;
extern const GenMetric gen_metric_blockiness;
extern const GenMetric gen_metric_brightness;
extern const GenMetric gen_metric_brisque;
extern const GenMetric gen_metric_clicks;
extern const GenMetric gen_metric_clipping;
extern const GenMetric gen_metric_cmmd;
extern const GenMetric gen_metric_colourfulness;
extern const GenMetric gen_metric_contrast;
extern const GenMetric gen_metric_dc_offset;
extern const GenMetric gen_metric_distinct;
extern const GenMetric gen_metric_dists;
extern const GenMetric gen_metric_diversity;
extern const GenMetric gen_metric_entropy;
extern const GenMetric gen_metric_estoi;
extern const GenMetric gen_metric_flicker;
extern const GenMetric gen_metric_frechet;
extern const GenMetric gen_metric_frechet_infinity;
extern const GenMetric gen_metric_freeze;
extern const GenMetric gen_metric_gmsd;
extern const GenMetric gen_metric_inception_score;
extern const GenMetric gen_metric_kernel_distance;
extern const GenMetric gen_metric_length;
extern const GenMetric gen_metric_log_spectral_distance;
extern const GenMetric gen_metric_loudness;
extern const GenMetric gen_metric_lpips;
extern const GenMetric gen_metric_modes;
extern const GenMetric gen_metric_ms_ssim;
extern const GenMetric gen_metric_multi_resolution_stft;
extern const GenMetric gen_metric_nearest;
extern const GenMetric gen_metric_niqe;
extern const GenMetric gen_metric_noise_level;
extern const GenMetric gen_metric_onsets;
extern const GenMetric gen_metric_pairwise_ms_ssim;
extern const GenMetric gen_metric_power_spectrum;
extern const GenMetric gen_metric_perplexity;
extern const GenMetric gen_metric_precision;
extern const GenMetric gen_metric_psnr;
extern const GenMetric gen_metric_repetition;
extern const GenMetric gen_metric_self_bleu;
extern const GenMetric gen_metric_sharpness;
extern const GenMetric gen_metric_si_sdr;
extern const GenMetric gen_metric_signal_to_noise;
extern const GenMetric gen_metric_silence;
extern const GenMetric gen_metric_sliced_wasserstein;
extern const GenMetric gen_metric_snr;
extern const GenMetric gen_metric_spectral_bandwidth;
extern const GenMetric gen_metric_spectral_centroid;
extern const GenMetric gen_metric_spectral_flatness;
extern const GenMetric gen_metric_spectral_roll_off;
extern const GenMetric gen_metric_ssim;
extern const GenMetric gen_metric_stereo_correlation;
extern const GenMetric gen_metric_stoi;
extern const GenMetric gen_metric_temporal_difference;
extern const GenMetric gen_metric_temporal_ssim;
extern const GenMetric gen_metric_tenengrad;
extern const GenMetric gen_metric_true_peak;
extern const GenMetric gen_metric_vendi_score;
extern const GenMetric gen_metric_vif;
extern const GenMetric gen_metric_warping_error;
extern const GenMetric gen_metric_zero_crossing_rate;

/* Behind the name of a figure of the last seconds. */
#define GEN_RECENT_SUFFIX "-recent"

/* Why figures of a window of sound are missing. */
#define GEN_METRIC_NO_NUMBERS "the window has samples that are no finite numbers"
#define GEN_METRIC_SILENT "the window is silent, or has samples that are no finite numbers"

/* Sums of u8 or small integers are exact in 32 bits for this many pixels, also of squares. */
#define GEN_METRIC_SPAN 1024

/* The luma of a picture of 3 channels, into one of its size. */
void gen_metric_luma (const GenPicture *picture, GenPicture *luma);
/* The means of two by two of two rows, `n` of them. */
void gen_metric_halve_row (const guint8 *above, const guint8 *below, float *out, int n);

/* Where a filter that reaches over the border looks: mirrored about the pixel on the border. */
static inline int
gen_metric_mirror (int i, int n)
{
  if (n == 1)
    return 0;
  return i < 0 ? -i : i >= n ? 2 * n - 2 - i : i;
}
