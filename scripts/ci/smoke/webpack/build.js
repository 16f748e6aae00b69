import webpack from 'webpack'
import config from './webpack.config.js'

webpack(config, (error, stats) => {
  if (error || stats.hasErrors() || stats.hasWarnings()) {
    console.error(error ?? stats.toString('errors-warnings'))
    process.exitCode = 1
  }
})
