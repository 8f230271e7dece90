// Plain old JavaScript on purpose: it must run, and explain itself, on a Node that cannot read the rest.
var major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  console.error(
    'Schouw needs Node 24 or newer; this is ' +
      process.version +
      '. `npm ci` puts Node 24 in node_modules/.bin by an install script; it seems to have been blocked. ' +
      'Run `npm ci` again with install scripts allowed, or install Node 24.',
  )
  process.exit(1)
}
