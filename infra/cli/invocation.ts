/** How the user called us, for hints that can be typed as they are: through `npm start --`, or as the installed `counterflow`. */
export const invocation = process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'counterflow';
