export { type CostModel, type FieldCostInput, maxCost, readCostModel } from './cost-model.ts';
export { type PlanSummary, summarizePlan } from './plan-summary.ts';
export { withoutSecurityMarker } from './security-marker.ts';
export { type LoadedSupergraph, loadSupergraph, type SubgraphLocation, SupergraphError } from './supergraph.ts';
