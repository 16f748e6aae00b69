/**
 * All of @stablesig/stats: exact false-positive rates, thresholds, key lengths, intervals.
 * @module
 */
export * from '@stablesig/stats'
