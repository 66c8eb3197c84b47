/**
 * nft's own library, so that the netlink socket that owns a table belongs to this very process: the
 * kernel removes a table with `flags owner` when that socket closes, whatever ended the process.
 * The program `nft` could only do it as one more process that has to die as well.
 */
import koffi, { type LibraryHandle } from 'koffi';
import { runtimeError } from '../errors.js';
import { closeOnExec, openFds } from '../tun/sys-process.js';
import { lackOfEgressHook, lackOfNftLibrary, NFT_LIBRARY } from './requirements.js';

const NFT_CTX_DEFAULT = 0;

type Call = ReturnType<LibraryHandle['func']>;

export class Nftables {
  readonly #run: Call;
  readonly #error: Call;
  readonly #context: unknown;

  constructor() {
    const library = loadLibrary();
    const create = library.func('void *nft_ctx_new(uint32_t flags)');
    const bufferError = library.func('int nft_ctx_buffer_error(void *context)');
    const bufferOutput = library.func('int nft_ctx_buffer_output(void *context)');
    this.#run = library.func('int nft_run_cmd_from_buffer(void *context, const char *commands)');
    this.#error = library.func('const char *nft_ctx_get_error_buffer(void *context)');
    const before = openFds();
    this.#context = create(NFT_CTX_DEFAULT);
    // Its socket is inherited else, and a child that had it would keep the table when netemu is gone.
    for (const fd of openFds()) if (!before.has(fd)) closeOnExec(fd);
    bufferError(this.#context);
    bufferOutput(this.#context);
  }

  /** Runs nft commands as one transaction. */
  run(commands: string): void {
    if (this.#run(this.#context, commands) === 0) return;
    const reason = (this.#error(this.#context) as string | null)?.trim() ?? 'no reason given';
    // Kernels without the hook refuse the chain with EOPNOTSUPP.
    if (/not supported/i.test(reason)) throw lackOfEgressHook(reason.split('\n')[0]!);
    throw runtimeError('E_NFT', `nftables refused the table: ${reason}`, 'netemu doctor');
  }
}

function loadLibrary(): LibraryHandle {
  try {
    return koffi.load(NFT_LIBRARY);
  } catch (error) {
    throw lackOfNftLibrary(error);
  }
}
