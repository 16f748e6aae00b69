// A file of the page's own, so that its bundler builds it beside the page.
import '@stablesig/backend-web/signer-worker'
