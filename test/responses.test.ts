/** What goes out beside a body, before it and after it: the same on every host. */
import { describeHosts } from './egg/trial.ts'
import { describeResponses } from './responses/cases.ts'
import { onEgg } from './responses/egg.ts'
import { hosts } from './responses/hosts.ts'

for (const [host, start] of hosts) describeResponses(host, start)

describeHosts('what goes out', ({ host, open }) => {
  describeResponses(host.title, async (place) =>
    onEgg(await open({ name: place.replace(' ', '-') }), place),
  )
})
