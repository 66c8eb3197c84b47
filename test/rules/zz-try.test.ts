import { test } from 'vitest';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseRule } from '../../src/rules/parse.js';
import { RULE_FILES } from '../support/rule-files.js';
test('x',()=>{ const out: Record<string,string[]>={};
for(const l of readFileSync('/tmp/bad.txt','utf8').split('\n').filter(l=>l!=='')){ 
 if(l.startsWith('##')){ (out[l]??=[]).push(l); continue;}
 try{ const r=parseRule(l,RULE_FILES); console.log('ACCEPTED '+l+' => '+r.text)}catch(e:any){ const b=e.message+(e.mend===undefined?'':'\n-> '+e.mend); (out[e.code??'?']??=[]).push(b.includes('\n')?b:b+'\n? '+l);}}
writeFileSync('/tmp/blocks.txt',Object.entries(out).map(([c,b])=>'=== '+c+' '+b.length+'\n\n'+b.join('\n\n')).join('\n\n\n'));
});
