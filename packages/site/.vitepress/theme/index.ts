// Its types know of files of styles.
import type {} from 'vitepress/client'
// With the fonts of whoever reads. The styles that follow come after the theme's own, and win.
export { default } from 'vitepress/theme-without-fonts'
import './style.css'
