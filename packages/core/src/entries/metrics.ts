/**
 * What is reported: bits, PSNR, SSIM, MS-SSIM, what is just noticeable, rates of decisions.
 * @module
 */
export { type BitCount, bitAccuracy, type Share, wordAccuracy } from '../metrics/accuracy.ts'
export { auc } from '../metrics/auc.ts'
export { countMatches, readBits } from '../metrics/bits.ts'
export { justNoticeable } from '../metrics/just-noticeable.ts'
export { maxDifference } from '../metrics/max-difference.ts'
export { msSsim, msSsimTerms } from '../metrics/ms-ssim.ts'
export { mseOfImages } from '../metrics/mse-of-images.ts'
export { psnr } from '../metrics/psnr.ts'
export { psnrOfImages } from '../metrics/psnr-of-images.ts'
export { type SsimMaps, type SsimOptions, ssim, ssimByChannel, ssimMaps } from '../metrics/ssim.ts'
export { atThreshold, type EmpiricalPoint, type OperatingPoint, tprAtFpr } from '../metrics/tpr-at-fpr.ts'
