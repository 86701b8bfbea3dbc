import { Converter } from 'typedoc'
import { sources } from './typedoc.config.mjs'

/** Names each module as it is imported: by its subpath. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      module.name = sources.get(project.files.getReflectionPath(module)) ?? module.name
    }
  })
}
