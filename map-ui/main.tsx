import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import '@fontsource-variable/noto-sans/wght.css'
import '@nl-design-system-unstable/voorbeeld-design-tokens/dist/theme.css'
import '@utrecht/alert-css/dist/index.css'
import '@utrecht/button-css/dist/index.css'
import '@utrecht/form-field-css/dist/index.css'
import '@utrecht/form-label-css/dist/index.css'
import '@utrecht/select-css/dist/index.css'
import '@utrecht/table-css/dist/index.css'
import '@utrecht/textarea-css/dist/index.css'
import '@utrecht/textbox-css/dist/index.css'
import 'leaflet/dist/leaflet.css'
import 'uplot/dist/uPlot.min.css'
import './style/base.css'

const root = document.getElementById('app')
if (!root) throw new Error('index.html has no #app')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
