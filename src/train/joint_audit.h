#ifndef FROND_SRC_TRAIN_JOINT_AUDIT_H_
#define FROND_SRC_TRAIN_JOINT_AUDIT_H_

#include <functional>

#include "src/data/audit.h"
#include "src/train/peers.h"

namespace frond {

// AuditDataset. With peers rank 0 audits and tells the others what a run depends on: how photos are brought to the
// input, their size, and which cannot be read; the rest of their audit is empty.
Audit AuditTogether(const Dataset& dataset, const AuditOptions& options,
                    const std::function<void(size_t, size_t)>& progress, Peers* peers);

}  // namespace frond

#endif  // FROND_SRC_TRAIN_JOINT_AUDIT_H_
