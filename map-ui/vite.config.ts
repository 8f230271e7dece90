import path from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The web application: one page, everything from our own origin, no call to any other host. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react()],
  build: {
    outDir: path.join(import.meta.dirname, 'dist'),
    emptyOutDir: true,
    target: 'es2022',
    // Leaflet, React, react-aria and the tokens together: a warning here would be seen at every start.
    chunkSizeWarningLimit: 1_500,
  },
})
